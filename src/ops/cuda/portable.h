// Lets g++ compile the arithmetic of the CUDA kernels: tests run it on the CPU, thread by thread, where there
// is no GPU.
#pragma once

#ifdef __CUDACC__
/// Called by the host and by kernels.
#define FOCUS_HOST_DEVICE __host__ __device__ __forceinline__
/// Part of a kernel or, for g++, of its emulation.
#define FOCUS_DEVICE __device__ __forceinline__
#define FOCUS_UNROLL _Pragma("unroll")
#define FOCUS_NO_UNROLL _Pragma("unroll 1")
#else
#define FOCUS_HOST_DEVICE inline
#define FOCUS_DEVICE inline
#define FOCUS_UNROLL
#define FOCUS_NO_UNROLL
#endif

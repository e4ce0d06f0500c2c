#!/usr/bin/env bash
# A pickle of protocol 5 that numpy 2.3 or later wrote may not load in numpy 2.2, nor in any before: only some of its arrays do.
#
# Seen with numpy 2.2.6, 2.3.5 and 2.4.6, Python 3.11. The format of pickles has not changed, and arrays that are contiguous in
# C's or Fortran's order are written as before, so a dictionary of weights usually loads. An array that is contiguous in another
# order of its axes (weights of a convolution that were transposed from channels-last, arr.transpose(2, 0, 1)) was copied before;
# numpy 2.3 writes its memory as it lies and the order of axes as a fifth argument of numpy._core.numeric._frombuffer, which has
# four in numpy 2.2: "_frombuffer() takes 4 positional arguments but 5 were given". One such array loses the whole file.
#   written by 2.4.6, read by 2.3.5    all equal
#   written by 2.4.6, read by 2.2.6    TypeError
#   written by 2.2.6, read by 2.4.6    all equal
#   written by 2.4.6 in protocol 4     all equal everywhere
# What to do: numpy.ascontiguousarray before pickling with protocol 5, or protocol 4.
# Ends with 1 if any of this is no longer so.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
for version in 2.2.6 2.3.5 2.4.6; do
  python3 -m venv "v$version"
  "v$version/bin/pip" install -q "numpy==$version"
done
cat >weights.py <<'PYTHON'
import pickle, sys

import numpy as np

plain = np.arange(24, dtype="float32").reshape(2, 3, 4)
arrays = {"c": plain, "fortran": np.asfortranarray(plain), "turned": plain.transpose(2, 0, 1)}
verb, file, protocol = sys.argv[1:4]
if verb == "write":
    with open(file, "wb") as out:
        pickle.dump(arrays, out, int(protocol))
else:
    try:
        read = pickle.load(open(file, "rb"))
        assert all(np.array_equal(read[name], array) for name, array in arrays.items())
        print("all equal")
    except TypeError as error:
        print("TypeError:", error)
PYTHON
said() {
  "v$1/bin/python" weights.py write "$1-$3" "$3"
  "v$2/bin/python" weights.py read "$1-$3" "$3"
}
bad=0
expect() {
  local found
  found=$(said "$1" "$2" "$3")
  echo "written by $1 in protocol $3, read by $2: $found"
  [[ $found == "$4"* ]] || bad=1
}
expect 2.4.6 2.4.6 5 "all equal"
expect 2.4.6 2.3.5 5 "all equal"
expect 2.3.5 2.2.6 5 "TypeError: _frombuffer() takes 4 positional arguments but 5 were given"
expect 2.4.6 2.2.6 5 "TypeError: _frombuffer() takes 4 positional arguments but 5 were given"
expect 2.2.6 2.4.6 5 "all equal"
expect 2.4.6 2.2.6 4 "all equal"
exit $bad

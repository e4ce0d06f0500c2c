#!/usr/bin/env bash
# Rank 0 cannot listen at the port that torchrun names for it.
#
# PyTorch describes MASTER_PORT as the port at MASTER_ADDR "that can be used to host the C10d TCP store". Seen with torch
# 2.15.0, Python 3.11, on one machine: whatever the form (--standalone, a static rendezvous with --master-port, a c10d
# rendezvous), torchrun's own agent listens there before it starts the workers, and sets TORCHELASTIC_USE_AGENT_STORE=True.
# torch's workers read that and become clients of the agent; a worker that serves a store or anything else of its own at
# MASTER_PORT, as programs with another LibTorch or another protocol do, gets "Address already in use". A job of one process
# is no exception. Below, a worker of Python's standard library alone tries to listen:
#   --standalone            MASTER_PORT in use, agent store True
#   --master-port P         MASTER_PORT in use, agent store True
#   --rdzv-backend c10d     MASTER_PORT in use, agent store True; MASTER_PORT is not the rendezvous' port
# while the port beside it is free. What to do: where the variable is True, meet at another port, such as MASTER_PORT + 1.
# Ends with 1 if any of this is no longer so. Installs some GB.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
python3 -m venv venv
venv/bin/pip install -q torch==2.15.0 numpy==2.4.6
cat >worker.py <<'PYTHON'
import errno, os, socket


def listens(port):
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("", port))
            server.listen()
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return True


port = int(os.environ["MASTER_PORT"])
print("seen:", "free" if listens(port) else "in use", "free" if listens(port + 1) else "in use",
      os.environ.get("TORCHELASTIC_USE_AGENT_STORE"), port == int(os.environ.get("RENDEZVOUS", "0")), flush=True)
PYTHON
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
seen() {
  venv/bin/torchrun --nproc-per-node 1 "$@" worker.py 2>/dev/null | sed -n 's/^seen: //p'
}
failed=0
check() {  # WHAT EXPECTED SEEN
  printf '%-22s %s\n' "$1" "$3"
  [[ $3 == "$2" ]] || { echo "  expected: $2"; failed=1; }
}
check --standalone "in use free True False" "$(seen --standalone)"
check --master-port "in use free True False" "$(seen --master-port "$port")"
export RENDEZVOUS=$((port + 7))
check c10d "in use free True False" \
  "$(seen --nnodes 1 --rdzv-backend c10d --rdzv-id a --rdzv-endpoint "localhost:$RENDEZVOUS")"
exit $failed

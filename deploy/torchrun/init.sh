#!/bin/bash
# One checkpoint, written by the machines that torchrun starts: one rank a machine, with its cores as threads. The same line on each machine:
#   NODES=4 RENDEZVOUS=host-0:29500 deploy/torchrun/init.sh MODEL DIR [options of init]
# DIR is on a file system that all machines share. SHARDINIT names the program where it is not ./shardinit, TORCHRUN the launcher.
set -euo pipefail

usage='usage: init.sh MODEL DIR [options of init]'
model=${1:?$usage}
directory=${2:?$usage}
shift 2

# --no_python: the program is not a script of Python. --max_restarts: when a rank dies torchrun stops all and starts them again; they go on where they were.
# shellcheck disable=SC2086  # TORCHRUN may be several words
exec ${TORCHRUN:-torchrun} --nnodes="${NODES:-1}" --nproc_per_node=1 --max_restarts=3 --rdzv_id=shardinit --rdzv_backend=c10d --rdzv_endpoint="${RENDEZVOUS:-localhost:29500}" \
    --no_python "${SHARDINIT:-./shardinit}" init "$model" --out "$directory" "$@"

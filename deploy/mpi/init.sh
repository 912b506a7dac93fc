#!/bin/bash
# One checkpoint, written by the machines that Open MPI's mpirun starts: one rank a machine, with its cores as threads.
#   MPIRUN='mpirun --hostfile hosts' deploy/mpi/init.sh MODEL DIR [options of init]
# DIR is on a file system that all machines share. SHARDINIT names the program where it is not ./shardinit, MPIRUN the launcher; in a Slurm job it finds the machines by itself.
set -euo pipefail

usage='usage: init.sh MODEL DIR [options of init]'
model=${1:?$usage}
directory=${2:?$usage}
shift 2

# --bind-to none: by default mpirun binds two ranks or fewer to one core each, and they would work with one thread.
# shellcheck disable=SC2086  # MPIRUN may be several words
exec ${MPIRUN:-mpirun} --map-by ppr:1:node --bind-to none "${SHARDINIT:-./shardinit}" init "$model" --out "$directory" "$@"

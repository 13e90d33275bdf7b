#!/bin/sh
# Stops the server where the package goes for good; an upgrade restarts it later.
set -e
case "$1" in
remove | 0)
  if [ -d /run/systemd/system ]; then systemctl disable --now dgate || true; fi
  ;;
esac

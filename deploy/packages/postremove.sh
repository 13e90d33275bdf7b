#!/bin/sh
# The site with its objects stays: whoever wants it gone removes /srv/dicom.
if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi

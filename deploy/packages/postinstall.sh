#!/bin/sh
# Makes the user and, where there is none, the site in /srv/dicom. A site that is
# there stays as it is, and a running server goes on with the new program.
set -e
site=/srv/dicom
if ! getent passwd dicom >/dev/null; then
  useradd --system --user-group --home-dir $site --shell /usr/sbin/nologin dicom
fi
mkdir -p $site
if [ ! -e $site/dicom.ini ]; then
  /usr/local/bin/dgate init $site >/dev/null
  chown -R dicom:dicom $site
  chmod 0750 $site
  echo "dgate: the site is $site; start it with  systemctl enable --now dgate"
fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  if systemctl is-active --quiet dgate; then systemctl restart dgate; fi
fi

//go:build !windows

package sitecheck

import "testing"

// A device on a disk that /etc/fstab names lies elsewhere while that is not mounted.
func TestMounts(t *testing.T) {
	const table = "# x\n/dev/sda1 / ext4 defaults 0 1\n/dev/sdb1 /data ext4 defaults 0 2\nserver:/x /data/nas nfs rw 0 0\n/dev/sdc1 /usb ext4 noauto 0 0\n"
	for path, want := range map[string]string{"/data/a": "/data", "/data/nas/b": "", "/database": "", "/usb/x": "", "/home": ""} {
		if got := missingMount(path, table, "/dev/sda1 / ext4 rw 0 0\nserver:/x /data/nas nfs rw 0 0\n"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

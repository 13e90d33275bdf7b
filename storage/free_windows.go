package storage

import "golang.org/x/sys/windows"

// freeUnknown is what a drive that can not be asked counts as.
const freeUnknown = 1000

func freeMB(dir string) int {
	p, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return freeUnknown
	}
	var free uint64
	if windows.GetDiskFreeSpaceEx(p, &free, nil, nil) != nil {
		return freeUnknown
	}
	return int(free >> 20)
}

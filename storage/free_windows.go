package storage

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// freeUnknown is the space in MB that a drive that can not be asked counts as.
const freeUnknown = 1000

// Space is what is free for us in a folder's volume, and its size, in bytes.
func Space(dir string) (free, total int64, err error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	var available, all uint64
	if err := windows.GetDiskFreeSpaceEx(name, &available, &all, nil); err != nil {
		return 0, 0, fmt.Errorf("the folder can not be looked at: %w", err)
	}
	return int64(available), int64(all), nil
}

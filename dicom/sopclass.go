package dicom

// StorageClassName is the name that PS3.4 gives a storage class, "" when uid is
// none.
func StorageClassName(uid string) string {
	for i := range storageClasses {
		if storageClasses[i].uid == uid {
			return storageClasses[i].name
		}
	}
	return ""
}

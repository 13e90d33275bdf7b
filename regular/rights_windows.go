package regular

import "io/fs"

func limitRights(fs.FileMode) {}

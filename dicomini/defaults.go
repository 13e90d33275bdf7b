package dicomini

// DefaultSOPList is the list of a site without dgatesop.lst.
func DefaultSOPList() *SOPList { return &SOPList{} }

// DefaultSchema is the normalised layout for SQL databases.
func DefaultSchema(opt SchemaOptions) *Schema { return emptySchema().limited(opt) }

// DBaseSchema is the layout for the dBASE driver, which cannot join: series and
// image rows repeat columns of the levels above.
func DBaseSchema(opt SchemaOptions) *Schema { return emptySchema().limited(opt) }

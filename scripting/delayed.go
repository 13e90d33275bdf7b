package scripting

// Delayed is a command for the delayed queue with its clauses
// (spec/scripting.md 5.4). The widths of the old queue record are not applied.
type Delayed struct {
	Verb  string // forward, get, delete, process, merge, submit, submit2, prefetch, preretrieve
	Level string // patient, study, series, image; "" for prefetch and preretrieve

	// Operation is the verb text of the old queue record and of the log: verb
	// and level cut to 11 characters, e.g. "forward stu".
	Operation string

	PatientID string
	AE        string // destination or source
	StudyUID  string // "" when the command is not limited to one
	SeriesUID string
	SOP       string

	Compression string
	Modality    string
	Date        string // yyyymmdd or yyyymmdd-yyyymmdd
	ImageType   string
	SeriesDesc  string
	Split       string // "N/M"
	Target      string // submit
	Password    string // submit
	Upload      string // submit2: command with two %s
	Script      string // safe to be run as it is: values from the object are escaped

	// Command is that of process: Command as it was logged, Shell with values
	// from the object quoted for the shell. For Lua files Shell is the same.
	Command string
	Shell   string

	After int // seconds; 0 for ForwardCollectDelay
}

// LuaFile tells whether a process command is a Lua file, and its arguments:
// the word before the first blank (or before the parenthesis) ends in .lua.
func (d *Delayed) LuaFile() (path, args string, ok bool) { return splitLuaCommand(d.Command) }

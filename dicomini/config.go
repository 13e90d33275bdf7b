package dicomini

// Config is an immutable snapshot of the configuration, as one unit of work
// sees it. Take it with Live.Current when the work starts.
type Config struct {
	Identity
	Network
	Forwarding
	Virtual
	Files
	Storage
	Compression
	Database
	WorkList
	Web

	baseDir    string
	main       string
	file       *File
	converters map[string][]Converter
}

// File is the text of dicom.ini that "use" keys come from.
func (c *Config) File() *File { return c.file }

// BaseDir is "" or a directory ending in a separator.
func (c *Config) BaseDir() string { return c.baseDir }

// Main is the name of the section of the main keys, normally "sscscp".
func (c *Config) Main() string { return c.main }

// Port is TCPPort as a number.
func (c *Config) Port() int { return Atoi(c.TCPPort) }

// Get returns any key of any section and whether it is present.
func (c *Config) Get(section, key string) (string, bool) { return c.file.Get(section, key) }

// MainGet returns a key of the main section, as get_param reads it: cut to 511
// bytes, absent and empty told apart by present.
func (c *Config) MainGet(key string) (value string, present bool) {
	_, present = c.file.Get(c.main, key)
	return c.file.String(c.main, key, "", 512), present
}

// Int returns any key read as C atoi does, def when absent.
func (c *Config) Int(section, key string, def int) int { return c.file.Int(section, key, def) }

// Script returns the text of [scripts] name, or name itself when there is none.
func (c *Config) Script(name string) string { return c.file.String("scripts", name, name, 512) }

// LuaHook returns the chunk of [lua] name ("startup", "association", "command",
// "endassociation", "clienterror", "printserver", "nightly", "background"), ""
// when absent.
func (c *Config) LuaHook(name string) string { return c.file.String("lua", name, "", 1024) }

func (c *Config) text(section, name, def string, size int) string {
	return c.file.String(section, name, def, size)
}

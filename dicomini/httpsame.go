package dicomini

// SameHTTP tells whether two configurations have the same values for what the HTTP
// side is made of; what it looks at with each request, and where it listens, does not
// count.
func (c *Config) SameHTTP(other *Config) bool {
	return c.sameValues(other, httpKeys) && c.SameLogins(other) && c.MyACRNema == other.MyACRNema
}

// SameLogins tells that of what tells who the callers are.
func (c *Config) SameLogins(other *Config) bool { return c.sameValues(other, loginKeys) }

func (c *Config) sameValues(other *Config, keys []Key) bool {
	for _, k := range keys {
		if k.When == Reread && c.Value(k.Name) != other.Value(k.Name) {
			return false
		}
	}
	return true
}

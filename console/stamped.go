package console

// Stamped tells whether the operator channel goes to a file with time stamps
// (-^, -#, log_on): the sign of a server that is operated as a service.
func (c *Console) Stamped() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	f, ok := c.operator.(*file)
	return ok && f.stamped
}

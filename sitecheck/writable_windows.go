package sitecheck

// writable is not told without writing on Windows.
func writable(string) bool { return true }

func notMounted(string) string { return "" }

package db

import "testing"

// servers can not be started here.
func servers(testing.TB) []backend { return nil }

func postgresOptions(testing.TB) Options { return Options{} }

func mariaOptions(testing.TB) Options { return Options{} }

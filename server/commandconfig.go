package server

import (
	"context"
	"strings"
)

// configCommands read and change the configuration.
var configCommands = map[string]serverCommand{
	"get_param":    {runGetParam, "NAME[,FORMAT]", "value of a key of dicom.ini"},
	"put_param":    {runPutParam, "NAME,VALUE", "change a key of dicom.ini"},
	"delete_param": {runDeleteParam, "NAME", "remove a key of dicom.ini"},
	"read_ini":     {runReadINI, "", "take the changed dicom.ini over"},
}

func runGetParam(_ context.Context, c *commandCall) ([]byte, error) {
	name, _, _ := strings.Cut(c.arg, ",")
	v, _ := c.s.live.Current().MainGet(name)
	return []byte(v), nil
}

func runPutParam(_ context.Context, c *commandCall) ([]byte, error) {
	name, value, _ := strings.Cut(c.arg, ",")
	return nil, c.s.live.PutParam(name, value)
}

func runDeleteParam(_ context.Context, c *commandCall) ([]byte, error) {
	return nil, c.s.live.DeleteParam(c.arg)
}

func runReadINI(_ context.Context, c *commandCall) ([]byte, error) {
	_, err := c.s.live.Reload()
	return nil, err
}

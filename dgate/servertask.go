package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"conquest/command/client"
)

// isServerTask tells whether the program was started under the name of the
// client of web applications.
func isServerTask(argv0 string) bool {
	return strings.HasPrefix(strings.ToLower(filepath.Base(argv0)), "servertask")
}

const serverTaskHelp = `Conquest server control client: sends server commands, runs Lua chunks that may call servercommand()
  servertask [-hAE] [-pPORT] [-qIP] --COMMAND:ARGUMENTS
  servertask [-hAE] [-pPORT] [-qIP] [--dolua:]CHUNK
  e.g. servertask -p5678 --get_param:MyACRNema
       servertask "print(servercommand([[get_param:MyACRNema]]))"
  defaults: -hCONQUESTSRV1 -p5678 -q127.0.0.1
`

// serverTask is the program under the name servertask: the first server command
// ends it, chunks run one after the other (docs/original/commands.md 10).
func serverTask(args []string) int {
	if ofQuery(args, os.Getenv("QUERY_STRING")) {
		fmt.Print("Status: 400 Bad Request\nContent-type: text/plain\n\nservertask answers no web server\n")
		return exitFailed
	}
	t := &client.Task{AE: "CONQUESTSRV1", Host: "127.0.0.1", Port: "5678", Out: os.Stdout}
	defer t.Close()
	ctx := context.Background()
	if len(args) == 0 {
		fmt.Println("Conquest server control client: -? provides help")
	}
	for _, a := range args {
		chunk, isLua := strings.CutPrefix(a, "--dolua:")
		switch {
		case isLua || !strings.HasPrefix(a, "-"):
			t.Lua(ctx, chunk)
		case strings.HasPrefix(a, "--"):
			switch ok, err := t.Command(ctx, a[2:]); {
			case err != nil:
				return exitFailed
			case ok:
				return exitAnswered
			}
			return 0
		case strings.HasPrefix(a, "-h"):
			t.AE = a[2:]
		case strings.HasPrefix(a, "-p"):
			t.Port = a[2:]
		case strings.HasPrefix(a, "-q"):
			t.Host = a[2:]
		case strings.HasPrefix(a, "-?"):
			fmt.Print(serverTaskHelp)
		case strings.HasPrefix(a, "-$"), strings.HasPrefix(a, "-w"):
		default:
			fmt.Printf("unrecognised argument: %s\n", a)
		}
	}
	return 0
}

package api

import (
	"net/http"

	"conquest/web"
)

// Root is the path below which the interface lies.
const Root = "/api/v1"

// Route is one call of the interface.
type Route struct {
	ID     string // of the operation in the OpenAPI document
	Method string
	Path   string // below [Root]
	Role   web.Role
	// Changes tells that data or settings change: where WEBReadOnly is set, nobody
	// may.
	Changes bool
	Text    string // what it does, in half a sentence
	// accepted: the work goes on behind the answer, status 202.
	accepted bool
	// empty: status 204.
	empty bool
}

const (
	get    = http.MethodGet
	put    = http.MethodPut
	post   = http.MethodPost
	remove = http.MethodDelete
)

// Routes are all calls, by resource.
var Routes = append(table, actionTable()...)

var table = []Route{
	{ID: "getServer", Method: get, Path: "/server", Role: web.Viewer, Text: "state, version, counters, devices, database"},
	{ID: "reloadServer", Method: post, Path: "/server/reload", Role: web.Admin, Changes: true, Text: "read dicom.ini and acrnema.map again"},

	{ID: "getMe", Method: get, Path: "/me", Role: web.Viewer, Text: "who calls, and how callers log in"},
	{ID: "listUsers", Method: get, Path: "/users", Role: web.Admin, Text: "accounts"},
	{ID: "putUser", Method: put, Path: "/users/{name}", Role: web.Admin, Text: "add an account, or change its role or password", empty: true},
	{ID: "deleteUser", Method: remove, Path: "/users/{name}", Role: web.Admin, Text: "take an account away with its sessions and tokens", empty: true},
	{ID: "listSessions", Method: get, Path: "/sessions", Role: web.Admin, Text: "browsers that are logged in"},
	{ID: "deleteSession", Method: remove, Path: "/sessions/{id}", Role: web.Admin, Text: "log a browser out", empty: true},
	{ID: "listTokens", Method: get, Path: "/tokens", Role: web.Viewer, Text: "one's own tokens; administrators see all"},
	{ID: "postToken", Method: post, Path: "/tokens", Role: web.User, Text: "make a token for scripts; its secret is shown once"},
	{ID: "deleteToken", Method: remove, Path: "/tokens/{id}", Role: web.User, Text: "withdraw a token", empty: true},

	{ID: "search", Method: get, Path: "/search", Role: web.Viewer, Text: "patients and studies for what somebody typed"},
	{ID: "listStudies", Method: get, Path: "/studies", Role: web.Viewer, Text: "studies, the newest first"},
	{ID: "getStudy", Method: get, Path: "/studies/{study}", Role: web.Viewer, Text: "a study with its series"},
	{ID: "listSeries", Method: get, Path: "/studies/{study}/series", Role: web.Viewer, Text: "the series of a study"},
	{ID: "getSeries", Method: get, Path: "/studies/{study}/series/{series}", Role: web.Viewer, Text: "a series"},
	{ID: "listInstances", Method: get, Path: "/studies/{study}/series/{series}/instances", Role: web.Viewer, Text: "the objects of a series, with device and file"},
	{ID: "getInstance", Method: get, Path: "/studies/{study}/series/{series}/instances/{instance}", Role: web.Viewer, Text: "an object"},
	{ID: "getTags", Method: get, Path: "/studies/{study}/series/{series}/instances/{instance}/tags", Role: web.Viewer, Text: "the attributes of an object in the DICOM JSON model"},
	{ID: "getFile", Method: get, Path: "/studies/{study}/series/{series}/instances/{instance}/file", Role: web.Viewer, Text: "the file of an object as it is stored"},

	{ID: "listJobs", Method: get, Path: "/jobs", Role: web.Viewer, Text: "jobs, the newest first"},
	{ID: "getJob", Method: get, Path: "/jobs/{id}", Role: web.Viewer, Text: "a job with its progress"},
	{ID: "getJobFile", Method: get, Path: "/jobs/{id}/file", Role: web.User, Text: "the zip file that a job made"},
	{ID: "cancelJob", Method: remove, Path: "/jobs/{id}", Role: web.User, Text: "cancel a job; needs the role that starting it takes"},
	{ID: "retryJob", Method: post, Path: "/jobs/{id}/retry", Role: web.User, Text: "do a job that has ended once more; needs the role that starting it takes"},

	{ID: "listAEs", Method: get, Path: "/aes", Role: web.User, Text: "the lines of acrnema.map"},
	{ID: "getAEText", Method: get, Path: "/aes/text", Role: web.User, Text: "acrnema.map as it stands, with ETag"},
	{ID: "putAEText", Method: put, Path: "/aes/text", Role: web.Admin, Changes: true, Text: "replace acrnema.map when it still has the ETag; it counts at once"},
	{ID: "echoAE", Method: post, Path: "/aes/{ae}/echo", Role: web.User, Text: "ask an AE whether it answers"},
	{ID: "findAE", Method: post, Path: "/aes/{ae}/find", Role: web.User, Text: "ask an AE what it has"},
	{ID: "retrieveAE", Method: post, Path: "/aes/{ae}/retrieve", Role: web.User, accepted: true, Text: "have an AE send a study, series or object here"},

	{ID: "listRules", Method: get, Path: "/rules", Role: web.Admin, Text: "the converters, with what lint says of them"},
	{ID: "explainRules", Method: post, Path: "/rules/explain", Role: web.Admin, Text: "what the rules in use, or those of a text, would do with a stored object"},
	{ID: "getConfig", Method: get, Path: "/config", Role: web.Admin, Text: "dicom.ini as it stands, with ETag and what lint says"},
	{ID: "putConfig", Method: put, Path: "/config", Role: web.Admin, Changes: true, Text: "replace dicom.ini when it still has the ETag; what it was is kept"},
	{ID: "lintConfig", Method: post, Path: "/config/lint", Role: web.Admin, Text: "what lint says of the configuration in use, or of a text"},
	{ID: "listConfigHistory", Method: get, Path: "/config/history", Role: web.Admin, Text: "what dicom.ini was, the last first"},
	{ID: "getConfigVersion", Method: get, Path: "/config/history/{id}", Role: web.Admin, Text: "a version of dicom.ini"},
	{ID: "restoreConfig", Method: post, Path: "/config/history/{id}/restore", Role: web.Admin, Changes: true, Text: "make it what it was"},
	{ID: "getLog", Method: get, Path: "/log", Role: web.Admin, Text: "the last lines of the log; with follow=true new ones as server-sent events"},
	{ID: "getEvents", Method: get, Path: "/events", Role: web.Viewer, Text: "jobs, received objects, states of queues and changes of the configuration as server-sent events"},

	{ID: "listQueues", Method: get, Path: "/queues", Role: web.Viewer, Text: "outgoing work for each kind and destination, and failure files of the original"},
	{ID: "getQueue", Method: get, Path: "/queues/{kind}/{ae}", Role: web.Viewer, Text: "outgoing work of a kind for a destination"},
	{ID: "retryQueue", Method: post, Path: "/queues/{kind}/{ae}/retry", Role: web.Admin, Changes: true, Text: "try what is held at once, and dead letters once more"},
	{ID: "pauseQueue", Method: post, Path: "/queues/{kind}/{ae}/pause", Role: web.Admin, Changes: true, Text: "hold all that is for a destination, whatever the kind"},
	{ID: "resumeQueue", Method: post, Path: "/queues/{kind}/{ae}/resume", Role: web.Admin, Changes: true, Text: "let it go on"},
	{ID: "moveQueue", Method: post, Path: "/queues/{kind}/{ae}/move", Role: web.Admin, Changes: true, Text: "send what is held, and dead letters, to another AE"},
	{ID: "dropQueue", Method: post, Path: "/queues/{kind}/{ae}/drop", Role: web.Admin, Changes: true, Text: "give up what is held, and dead letters"},
	{ID: "listLetters", Method: get, Path: "/letters", Role: web.Viewer, Text: "dead letters, and objects in quarantine, the oldest first"},
	{ID: "retryLetter", Method: post, Path: "/letters/{queue}/{id}/retry", Role: web.Admin, Changes: true, Text: "do it once more; an object in quarantine is received again"},
	{ID: "moveLetter", Method: post, Path: "/letters/{queue}/{id}/move", Role: web.Admin, Changes: true, Text: "do it for another AE"},
	{ID: "skipLetter", Method: remove, Path: "/letters/{queue}/{id}", Role: web.Admin, Changes: true, Text: "give it up"},
}

// routeOf is the row of an operation; one without a row is a mistake of the
// program.
func routeOf(id string) Route {
	for _, r := range Routes {
		if r.ID == id {
			return r
		}
	}
	panic("api: no route " + id)
}

package api

import (
	"context"

	"conquest/web"
)

// Actions changes or sends what is stored.
type Actions interface {
	// Extent counts what is at places; ErrNotFound when there is nothing at one.
	Extent(ctx context.Context, places []Place) (Extent, error)
	// Check tells what can not be, by ErrInvalid.
	Check(ctx context.Context, t Task) error
	// Begin starts a job.
	Begin(ctx context.Context, t Task) (Job, error)
	// Explain tells what the rules would do with the objects, as if they came from
	// calling.
	Explain(ctx context.Context, places []Place, calling string) (string, error)
}

// Place is a study, a series of it, or an object of that.
type Place struct {
	Study    string `json:"study" pattern:"^[0-9.]{1,64}$"`
	Series   string `json:"series,omitempty" pattern:"^[0-9.]{1,64}$"`
	Instance string `json:"instance,omitempty" pattern:"^[0-9.]{1,64}$"`
}

// Extent is how much an action is about.
type Extent struct {
	Studies int `json:"studies"`
	Series  int `json:"series"`
	Objects int `json:"objects"`
}

// Task is what is to be done.
type Task struct {
	Action, Owner, To, Patient string
	Places                     []Place
	Values                     map[string]string
	NewUIDs, Keep              bool
}

// action is a row of the actions.
type action struct {
	name    string
	role    web.Role
	changes bool
	text    string
}

// actions are what can be done with studies, series and objects, each for one place
// and for a list of places.
var actions = []action{
	{"send", web.User, false, "send to an AE now"},
	{"forward", web.Editor, false, "send to an AE by the delayed queue, which tries until it is done"},
	{"zip", web.User, false, "pack into a zip file"},
	{"modify", web.Editor, true, "set attributes"},
	{"anonymize", web.Editor, true, "run the site's script of anonymization, under another patient ID"},
	{"delete", web.Editor, true, "delete"},
	{"merge", web.Editor, true, "make one study, or series, of several"},
	{"explain", web.Editor, false, "tell what the rules would do with it"},
}

// levels are the places of actions by their path.
var levels = []struct{ name, path string }{
	{"", ""}, {"Study", "/studies/{study}"}, {"Series", "/studies/{study}/series/{series}"}, {"Instance", "/studies/{study}/series/{series}/instances/{instance}"},
}

// actionTable are the rows of the table for the actions.
func actionTable() []Route {
	var list []Route
	for _, l := range levels {
		for _, a := range actions {
			if a.name == "merge" && l.name == "Instance" {
				continue
			}
			of := map[string]string{"": "a list of studies, series, objects", "Study": "a study", "Series": "a series", "Instance": "an object"}[l.name]
			list = append(list, Route{ID: a.name + l.name, Method: post, Path: l.path + "/actions/" + a.name, Role: a.role, Changes: a.changes,
				Text: of + ": " + a.text, accepted: a.name != "explain"})
		}
	}
	return list
}

// ActionBody says how.
type ActionBody struct {
	Places  []Place           `json:"places,omitempty" maxItems:"10000" doc:"what it is about, besides what the path names; for merge the others"`
	To      string            `json:"to,omitempty" maxLength:"64" doc:"send, forward: AE of the map"`
	Values  map[string]string `json:"values,omitempty" doc:"modify: text by keyword or gggg,eeee"`
	Patient string            `json:"patient,omitempty" maxLength:"64" doc:"anonymize: the new patient ID"`
	NewUIDs bool              `json:"newUIDs,omitempty" doc:"modify: give new UIDs, the same for the same old ones"`
	Keep    bool              `json:"keep,omitempty" doc:"modify, anonymize: the originals stay beside"`
	Calling string            `json:"calling,omitempty" maxLength:"16" doc:"explain: as if it came from this AE"`
}

// ActionInput is the input of an action.
type ActionInput struct {
	DryInput
	Body *ActionBody
}

// Outcome is what an action is answered.
type Outcome struct {
	Job    *Job   `json:"job,omitempty"`
	Extent Extent `json:"extent" doc:"what it is about"`
	Dry    bool   `json:"dry,omitempty" doc:"nothing was done"`
	Text   string `json:"text,omitempty" doc:"explain: what the rules would do"`
}

type outcome struct {
	Status   int
	Location string `header:"Location"`
	Body     Outcome
}

func (h *Handler) actionRoutes(s Actions) {
	for _, a := range actions {
		add(h, a.name, func(ctx context.Context, in *ActionInput) (*outcome, error) {
			return act(ctx, s, a, in.Dry, in.Body, Place{})
		})
		add(h, a.name+"Study", func(ctx context.Context, in *struct {
			StudyInput
			ActionInput
		}) (*outcome, error) {
			return act(ctx, s, a, in.Dry, in.Body, Place{Study: in.Study})
		})
		add(h, a.name+"Series", func(ctx context.Context, in *struct {
			SeriesInput
			ActionInput
		}) (*outcome, error) {
			return act(ctx, s, a, in.Dry, in.Body, Place{Study: in.Study, Series: in.Series})
		})
		if a.name == "merge" {
			continue
		}
		add(h, a.name+"Instance", func(ctx context.Context, in *struct {
			InstanceInput
			ActionInput
		}) (*outcome, error) {
			return act(ctx, s, a, in.Dry, in.Body, Place{in.Study, in.Series, in.Instance})
		})
	}
}

// act begins a job, or tells what it would be about.
func act(ctx context.Context, s Actions, a action, dry bool, b *ActionBody, at Place) (*outcome, error) {
	if b == nil {
		b = &ActionBody{}
	}
	places := b.Places
	if at.Study != "" {
		places = append([]Place{at}, places...)
	}
	if len(places) == 0 {
		return nil, Invalid("no places are named")
	}
	t := Task{Action: a.name, Owner: owner(ctx), To: b.To, Patient: b.Patient, Places: places, Values: b.Values, NewUIDs: b.NewUIDs, Keep: b.Keep}
	extent, err := s.Extent(ctx, places)
	if err != nil {
		return nil, err
	}
	out := &outcome{Status: 200, Body: Outcome{Extent: extent, Dry: dry}}
	if a.name == "explain" {
		out.Body.Text, err = s.Explain(ctx, places, b.Calling)
		return out, err
	}
	if err := s.Check(ctx, t); err != nil || dry {
		return out, err
	}
	job, err := s.Begin(ctx, t)
	if err != nil {
		return nil, err
	}
	out.Status, out.Body.Job, out.Location = 202, &job, Root+"/jobs/"+number(int64(job.ID))
	return out, nil
}

// owner is who calls, in a word.
func owner(ctx context.Context) string {
	c := web.CallerOf(ctx)
	if c.User != "" {
		return c.User
	}
	return c.Address.String()
}

package api

import "context"

// Rules are the converters.
type Rules interface {
	Rules() []Rule
	// ExplainRules tells what the rules of a text of dicom.ini, "" for those in use,
	// would do with an object that came from calling.
	ExplainRules(ctx context.Context, config string, p Place, calling string) (string, error)
}

// Rule is a converter.
type Rule struct {
	Name     string    `json:"name"`
	Line     int       `json:"line,omitempty" doc:"in dicom.ini"`
	Text     string    `json:"text"`
	Lua      bool      `json:"lua"`
	Findings []Finding `json:"findings"`
}

func (h *Handler) ruleRoutes(s Rules) {
	add(h, "listRules", func(context.Context, *none) (*body[Listing[Rule]], error) {
		return &body[Listing[Rule]]{Listing[Rule]{Items: some(s.Rules())}}, nil
	})
	add(h, "explainRules", func(ctx context.Context, in *struct {
		Body struct {
			Place
			Calling string `json:"calling,omitempty" maxLength:"16"`
			Config  string `json:"config,omitempty" maxLength:"2000000" doc:"a text of dicom.ini in the place of the one in use"`
		}
	}) (*body[Outcome], error) {
		text, err := s.ExplainRules(ctx, in.Body.Config, in.Body.Place, in.Body.Calling)
		return &body[Outcome]{Outcome{Text: text, Extent: Extent{Objects: 1}}}, err
	})
}

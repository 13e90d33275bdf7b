package db

import (
	"context"
	"fmt"

	"conquest/dicom"
)

// computedTags are the counts that each level knows.
var computedTags = [...][]dicom.Tag{
	PatientLevel: {0x00201200, 0x00201202, 0x00201204},
	StudyLevel:   {0x00201206, 0x00201208},
	SeriesLevel:  {0x00201209},
	ImageLevel:   nil,
}

// countedLevel is what a computed field counts.
var countedLevel = map[dicom.Tag]Level{
	0x00201200: StudyLevel,
	0x00201202: SeriesLevel,
	0x00201204: ImageLevel,
	0x00201206: SeriesLevel,
	0x00201208: ImageLevel,
	0x00201209: ImageLevel,
}

// compute adds the counts to an answer: rows of lower levels with the values
// of this row in all columns asked (docs/original/network.md 2.3).
func (q *query) compute(ctx context.Context, a *dicom.Dataset, row []string) error {
	for _, t := range q.computed {
		n, err := q.count(ctx, countedLevel[t], row)
		if err != nil {
			return fmt.Errorf("count for (%s): %w", t, err)
		}
		a.Put(dicom.NewText(t, dicom.IS, n))
	}
	return nil
}

func (q *query) count(ctx context.Context, level Level, row []string) (string, error) {
	c := q.d.newQuery(level, q.set)
	c.exact = true
	for i, k := range q.answers {
		for _, t := range c.order {
			if col := t.find(k.c.tag); col != nil {
				c.columns[t] = append(c.columns[t], key{col, row[i]})
				break
			}
		}
	}
	own := c.own()
	c.columns[own] = append(c.columns[own], key{c: own.key()})
	sel, err := c.selection()
	if err != nil {
		return "", err
	}
	sel.count, sel.order = true, nil
	rows, err := q.d.list(ctx, sel)
	if err != nil || len(rows) == 0 {
		return "0", err
	}
	return rows[0][0], nil
}

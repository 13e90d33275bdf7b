package luabind

import (
	"os"
	"strings"
	"testing"

	"conquest/dicom"
)

// recordedDictionary is where the dictionary of the recorded server says other
// than the built-in one.
const recordedDictionary = `
(0028,7FE0) VR="UT" Keyword="PixelDataProviderURL"
(5000,200C) VR="UN" Keyword=""
(6000,0010) VR="UN" Keyword=""
(6000,3000) VR="UN" Keyword=""
`

func TestMain(m *testing.M) {
	site, err := dicom.ParseDictionary(strings.NewReader(recordedDictionary))
	if err != nil {
		panic(err)
	}
	dicom.UseDictionary(dicom.StandardDictionary().Overlay(site))
	os.Exit(m.Run())
}

package dicomweb

import (
	"net/http"
	"strings"
)

// serveCapabilities tells which resources there are (PS3.18 section 8.9), in
// WADL.
func (h *handler) serveCapabilities(w *answer, r *http.Request) error {
	m, err := bestOffer(r, []media{{kind: "application/vnd.sun.wadl+xml", also: []string{"application/xml", "text/xml", kindJSON, "application/json", "text/html"}}})
	if err != nil {
		return err
	}
	return sendBody(w, m.kind, []byte(`<?xml version="1.0" encoding="UTF-8"?>
<application xmlns="http://wadl.dev.java.net/2009/02"><resources base="`+xmlText(h.base(r))+`/">`+capabilities+`</resources></application>
`))
}

const capabilities = `
<resource path="studies"><method name="GET" id="SearchForStudies"/><method name="POST" id="StoreInstances"/>
 <resource path="{study}"><method name="GET" id="RetrieveStudy"/><method name="POST" id="StoreInstancesToStudy"/>
  <resource path="metadata"><method name="GET" id="RetrieveStudyMetadata"/></resource>
  <resource path="rendered"><method name="GET" id="RetrieveRenderedStudy"/></resource>
  <resource path="thumbnail"><method name="GET" id="RetrieveStudyThumbnail"/></resource>
  <resource path="instances"><method name="GET" id="SearchForStudyInstances"/></resource>
  <resource path="series"><method name="GET" id="SearchForStudySeries"/>
   <resource path="{series}"><method name="GET" id="RetrieveSeries"/>
    <resource path="metadata"><method name="GET" id="RetrieveSeriesMetadata"/></resource>
    <resource path="rendered"><method name="GET" id="RetrieveRenderedSeries"/></resource>
    <resource path="thumbnail"><method name="GET" id="RetrieveSeriesThumbnail"/></resource>
    <resource path="instances"><method name="GET" id="SearchForStudySeriesInstances"/>
     <resource path="{instance}"><method name="GET" id="RetrieveInstance"/>
      <resource path="metadata"><method name="GET" id="RetrieveInstanceMetadata"/></resource>
      <resource path="rendered"><method name="GET" id="RetrieveRenderedInstance"/></resource>
      <resource path="thumbnail"><method name="GET" id="RetrieveInstanceThumbnail"/></resource>
      <resource path="bulkdata/{path}"><method name="GET" id="RetrieveBulkdata"/></resource>
      <resource path="frames/{frames}"><method name="GET" id="RetrieveFrames"/>
       <resource path="rendered"><method name="GET" id="RetrieveRenderedFrames"/></resource>
      </resource>
     </resource>
    </resource>
   </resource>
  </resource>
 </resource>
</resource>
<resource path="series"><method name="GET" id="SearchForSeries"/></resource>
<resource path="instances"><method name="GET" id="SearchForInstances"/></resource>
`

var xmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func xmlText(s string) string { return xmlEscaper.Replace(s) }

package ohif

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// serveConfig writes the viewer's configuration.
func (v *Viewer) serveConfig(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	body := []byte(nil)
	if v.opt.Own != nil {
		body = v.opt.Own()
	}
	if len(body) == 0 {
		body = v.config(r)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

func (v *Viewer) config(r *http.Request) []byte {
	root := v.opt.Root(r)
	source := map[string]any{
		"friendlyName": "dgate", "name": "dgate",
		"qidoRoot": root, "wadoRoot": root, "wadoUriRoot": root,
		"qidoSupportsIncludeField": true, "supportsFuzzyMatching": true, "supportsWildcard": true, "supportsReject": false, "staticWado": false,
		"imageRendering": "wadors", "thumbnailRendering": "wadors", "enableStudyLazyLoad": true, "omitQuotationForMultipartRequest": true,
		"bulkDataURI": map[string]any{"enabled": true, "relativeResolution": "studies"}, "singlepart": "bulkdata,video,pdf",
		"dicomUploadEnabled": v.opt.MayStore(r),
	}
	config := map[string]any{
		"routerBasename": Prefix, "showStudyList": true, "extensions": []any{}, "modes": []any{}, "showLoadingIndicator": true,
		"investigationalUseDialog": map[string]any{"option": "never"}, "maxNumberOfWebWorkers": 3, "showWarningMessageForCrossOrigin": false,
		"showCPUFallbackMessage": true, "strictZSpacingForVolumeViewport": true, "useSharedArrayBuffer": "FALSE", "defaultDataSourceName": "dicomweb",
		"dataSources": []any{map[string]any{
			"namespace": "@ohif/extension-default.dataSourcesModule.dicomweb", "sourceName": "dicomweb", "configuration": source,
		}},
	}
	text, err := json.MarshalIndent(config, "", " ")
	if err != nil {
		text = []byte("{}")
	}
	return append(append([]byte("window.config = "), text...), ";\n"...)
}

// Package ui is the browser side of the server: pages rendered here, with a few
// scripts of our own, for whoever looks after an archive or looks for a study.
//
// [New] makes an http.Handler for all paths below /ui/. What the pages show comes
// through [Site], which the server fulfils; images come from the DICOMweb service
// beside it. Every state has an address. Each screen is a file and a template of
// the same name: studies.go and templates/studies.html.
package ui

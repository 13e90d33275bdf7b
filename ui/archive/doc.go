// Package archive shows the pages of package ui what the use cases of pacs
// know: it is their ui.Site.
package archive

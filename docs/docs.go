// Package docs holds the documentation as it stands in this folder, for the
// pages that show it without a network.
package docs

import "embed"

// Files are the pages, as Markdown.
//
//go:embed *.md
var Files embed.FS

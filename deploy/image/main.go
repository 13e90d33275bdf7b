// Command image packs a static Linux binary as an image for containers, in the
// OCI layout as one tar file:
//
//	go run ./deploy/image BINARY ARCH VERSION OUT.tar
//
// The image has the binary and an empty folder /site of user 65532, and nothing
// else. skopeo, podman load and docker load take it.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// user runs the server inside.
const user = 65532

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "image BINARY ARCH VERSION OUT.tar")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// descriptor names a blob by its digest.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Platform    map[string]string `json:"platform,omitempty"`
}

const typePrefix = "application/vnd.oci.image."

// blobs are the parts of an image by their digest, in order.
type blobs struct {
	names []string
	data  map[string][]byte
}

func (b *blobs) add(mediaType string, data []byte) descriptor {
	name := digest(data)
	b.names = append(b.names, name)
	b.data[name] = data
	return descriptor{MediaType: typePrefix + mediaType, Digest: "sha256:" + name, Size: len(data)}
}

// pack writes the image of a binary.
func pack(binary, arch, version, out string) error {
	program, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	plain, err := layer(program)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err = z.Write(plain)
	if err = errors.Join(err, z.Close()); err != nil {
		return err
	}
	parts := &blobs{data: map[string][]byte{}}
	layerIs := parts.add("layer.v1.tar+gzip", packed.Bytes())
	config, err := json.Marshal(settings(arch, version, digest(plain)))
	if err != nil {
		return err
	}
	configIs := parts.add("config.v1+json", config)
	manifest, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": typePrefix + "manifest.v1+json", "config": configIs, "layers": []descriptor{layerIs}})
	if err != nil {
		return err
	}
	manifestIs := parts.add("manifest.v1+json", manifest)
	manifestIs.Annotations = map[string]string{"org.opencontainers.image.ref.name": "dgate:" + version}
	manifestIs.Platform = map[string]string{"architecture": arch, "os": "linux"}
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": typePrefix + "index.v1+json", "manifests": []descriptor{manifestIs}})
	if err != nil {
		return err
	}
	return write(out, index, parts)
}

// settings are how the image is run.
func settings(arch, version, layer string) map[string]any {
	return map[string]any{
		"architecture": arch, "os": "linux",
		"config": map[string]any{
			"User": fmt.Sprint(user), "WorkingDir": "/site", "Entrypoint": []string{"/dgate", "-w/site"}, "Cmd": []string{"-v"},
			"ExposedPorts": map[string]any{"5678/tcp": struct{}{}, "8086/tcp": struct{}{}}, "Volumes": map[string]any{"/site": struct{}{}}, "StopSignal": "SIGTERM",
			"Labels": map[string]string{"org.opencontainers.image.title": "dgate", "org.opencontainers.image.version": version},
		},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + layer}},
	}
}

func write(out string, index []byte, parts *blobs) error {
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	w := tar.NewWriter(f)
	err = put(w, "oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644)
	err = errors.Join(err, put(w, "index.json", index, 0o644))
	for _, name := range parts.names {
		err = errors.Join(err, put(w, "blobs/sha256/"+name, parts.data[name], 0o644))
	}
	return errors.Join(err, w.Close(), f.Close())
}

// layer is the file system: the program, and folders for the site and for
// temporary files.
func layer(program []byte) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := put(w, "dgate", program, 0o755); err != nil {
		return nil, err
	}
	for _, folder := range []string{"site/", "tmp/"} {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: folder, Mode: 0o755, Uid: user, Gid: user}); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

func put(w *tar.Writer, name string, content []byte, mode int64) error {
	if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: mode}); err != nil {
		return err
	}
	_, err := w.Write(content)
	return err
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// SPDX-License-Identifier: Apache-2.0

package a

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"os"
)

// Nobody closes the read side when the request fails: Close of the body does nothing.
func upload(client *http.Client, req *http.Request, f *os.File) (*http.Response, error) {
	pr, pw := io.Pipe()
	form := multipart.NewWriter(pw)
	go func() { // want `the goroutine cannot be stopped: it writes to a pipe, and waits for ever if who reads pr stops early, as nothing closes that`
		part, _ := form.CreateFormFile("file", f.Name())
		io.Copy(part, f)
		form.Close()
		pw.Close()
	}()
	req.Body = io.NopCloser(pr)
	return client.Do(req)
}

func uploadAndClose(client *http.Client, req *http.Request, f *os.File) (*http.Response, error) {
	pr, pw := io.Pipe()
	go func() {
		_, err := io.Copy(pw, f)
		pw.CloseWithError(err)
	}()
	req.Body = pr
	return client.Do(req)
}

func download(dst io.Writer, src *os.File) error {
	pr, pw := io.Pipe()
	go func() { // want `it writes to a pipe, and waits for ever if who reads pr stops early`
		_, err := io.Copy(pw, src)
		pw.CloseWithError(err)
	}()
	_, err := io.Copy(dst, pr)
	return err
}

func downloadAndClose(dst io.Writer, src *os.File) error {
	pr, pw := io.Pipe()
	go func() {
		_, err := io.Copy(pw, src)
		pw.CloseWithError(err)
	}()
	_, err := io.Copy(dst, pr)
	pr.CloseWithError(err)
	return err
}

// The write side is closed as well when the reader leaves.
func closedByWriter(dst io.Writer, src *os.File) error {
	pr, pw := io.Pipe()
	defer pw.Close()
	go func() {
		_, err := io.Copy(pw, src)
		pw.CloseWithError(err)
	}()
	_, err := io.Copy(dst, pr)
	return err
}

// A buffer takes all there is.
func toBuffer(src *os.File) (*bytes.Buffer, error) {
	var out bytes.Buffer
	pr, pw := io.Pipe()
	go func() {
		_, err := io.Copy(pw, src)
		pw.CloseWithError(err)
	}()
	_, err := io.Copy(&out, pr)
	return &out, err
}

func onlyCloses(dst io.Writer) error {
	pr, pw := io.Pipe()
	go func() { pw.Close() }()
	_, err := io.Copy(dst, pr)
	return err
}

// Reports for each document on standard input whether Prometheus' own parser takes it.
//
// A document is a line `<length> <content type>` and that many bytes; the answer is a line, empty where all was read.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

func refusal(body []byte, contentType string) error {
	parser, err := textparse.New(body, contentType, labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		return err
	}
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if entry == textparse.EntrySeries {
			var found labels.Labels
			parser.Labels(&found)
		}
	}
}

func main() {
	in, out := bufio.NewReaderSize(os.Stdin, 1<<20), bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for {
		head, err := in.ReadString('\n')
		if err != nil {
			return
		}
		var length int
		size, contentType, _ := strings.Cut(strings.TrimSuffix(head, "\n"), " ")
		if _, err := fmt.Sscan(size, &length); err != nil {
			panic(err)
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(in, body); err != nil {
			panic(err)
		}
		answer := ""
		if err := refusal(body, contentType); err != nil {
			answer = strings.Join(strings.Fields(err.Error()), " ")
		}
		fmt.Fprintln(out, answer)
	}
}

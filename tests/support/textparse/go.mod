// Pins Prometheus' own parser for tests/stack/records/test_exposition_textparse.py: the version that `make servers`
// builds, see stack/servers/prometheus/go.mod.
module observability-conformance/textparse

go 1.26.0

require github.com/prometheus/prometheus v0.313.5

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/gogo/protobuf v1.3.2 // indirect
	github.com/grafana/regexp v0.0.0-20250905093917-f7b3be9d1853 // indirect
	github.com/prometheus/client_model v0.6.2 // indirect
	github.com/prometheus/common v0.69.0 // indirect
	golang.org/x/text v0.42.0 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)

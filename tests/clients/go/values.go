package main

import (
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"net"
	"reflect"
	"sort"
	"strings"
	"time"

	gocql "github.com/apache/cassandra-gocql-driver/v2"
	"gopkg.in/inf.v0"
)

// udt is a value of a user-defined type in which null and empty differ.
type udt struct {
	fields map[string]interface{}
	types  map[string]gocql.TypeInfo
}

func (u *udt) UnmarshalUDT(name string, info gocql.TypeInfo, data []byte) error {
	if u.fields == nil {
		u.fields, u.types = map[string]interface{}{}, map[string]gocql.TypeInfo{}
	}
	p := destination(info)
	err := gocql.Unmarshal(info, data, p)
	u.fields[name], u.types[name] = loaded(p), info
	return err
}

func (u udt) MarshalUDT(name string, info gocql.TypeInfo) ([]byte, error) {
	if u.fields[name] == nil {
		return nil, nil
	}
	return gocql.Marshal(info, u.fields[name])
}

// goType is the type that a value of a CQL type is read into.
func goType(info gocql.TypeInfo) reflect.Type {
	switch t := info.(type) {
	case gocql.UDTTypeInfo:
		return reflect.TypeOf(udt{})
	case gocql.VectorType:
		return reflect.SliceOf(goType(t.SubType))
	case gocql.CollectionType:
		if t.Type() == gocql.TypeMap {
			return reflect.MapOf(goType(t.Key), goType(t.Elem))
		}
		return reflect.SliceOf(goType(t.Elem))
	}
	return reflect.TypeOf(info.Zero())
}

// destination is a pointer to a pointer, which stays nil when the value is null.
func destination(info gocql.TypeInfo) interface{} {
	return reflect.New(reflect.PtrTo(goType(info))).Interface()
}

// loaded is what a destination holds: nil for null.
func loaded(p interface{}) interface{} {
	v := reflect.ValueOf(p).Elem()
	if v.IsNil() {
		return nil
	}
	return v.Elem().Interface()
}

func sorted(open string, parts []string, end string) string {
	sort.Strings(parts)
	return open + strings.Join(parts, ",") + end
}

func saidCollection(t gocql.CollectionType, v reflect.Value) string {
	var parts []string
	if t.Type() == gocql.TypeMap {
		for _, k := range v.MapKeys() {
			parts = append(parts, said(t.Key, k.Interface())+":"+said(t.Elem, v.MapIndex(k).Interface()))
		}
		return sorted("{", parts, "}")
	}
	for i := 0; i < v.Len(); i++ {
		parts = append(parts, said(t.Elem, v.Index(i).Interface()))
	}
	if t.Type() == gocql.TypeSet {
		return sorted("{", parts, "}")
	}
	return "[" + strings.Join(parts, ",") + "]"
}

func saidUDT(u udt) string {
	var parts []string
	for name, value := range u.fields {
		parts = append(parts, name+"="+said(u.types[name], value))
	}
	return sorted("<", parts, ">")
}

func bits(f float64) string {
	if math.IsNaN(f) {
		return "f:nan"
	}
	return fmt.Sprintf("f:%016x", math.Float64bits(f))
}

// said is a value as values.tsv says it.
func said(info gocql.TypeInfo, value interface{}) string {
	switch t := info.(type) {
	case gocql.CollectionType:
		if value == nil {
			return "null"
		}
		return saidCollection(t, reflect.ValueOf(value))
	case gocql.VectorType:
		v, parts := reflect.ValueOf(value), []string{}
		for i := 0; i < v.Len(); i++ {
			parts = append(parts, said(t.SubType, v.Index(i).Interface()))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case gocql.TupleTypeInfo:
		var parts []string
		for i, v := range value.([]interface{}) {
			parts = append(parts, said(t.Elems[i], v))
		}
		return "(" + strings.Join(parts, ",") + ")"
	}
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		if info.Type() == gocql.TypeInet {
			return `"` + net.ParseIP(v).String() + `"`
		}
		return `"` + v + `"`
	case float32:
		return bits(float64(v))
	case float64:
		return bits(v)
	case *inf.Dec:
		return fmt.Sprintf("dec(%d,%d)", v.UnscaledBig(), v.Scale())
	case *big.Int:
		return v.String()
	case []byte:
		return "0x" + hex.EncodeToString(v)
	case net.IP:
		return `"` + v.String() + `"`
	case time.Duration:
		return fmt.Sprint(v.Nanoseconds())
	case gocql.Duration:
		return fmt.Sprintf("dur(%d,%d,%d)", v.Months, v.Days, v.Nanoseconds)
	case time.Time:
		if info.Type() == gocql.TypeDate {
			return v.UTC().Format("2006-01-02")
		}
		return fmt.Sprintf("ms:%d", v.UnixNano()/1000000)
	case udt:
		return saidUDT(v)
	}
	return fmt.Sprint(value)
}

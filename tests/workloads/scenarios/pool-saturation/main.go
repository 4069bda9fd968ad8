// A service on a database that it has two connections to, while eight requests need one at a time. With
// -connections 8 -answer 4ms it has as many as it needs.
package main

import (
	"bufio"
	"database/sql"
	"database/sql/driver"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"schedtop/tests/workloads/internal/scene"
	"schedtop/tests/workloads/internal/web"
)

// base is a driver for a database that answers each line with a line.
type base struct{}

type conn struct {
	net.Conn
	in *bufio.Reader
}

type statement struct {
	c     *conn
	query string
}

type lines struct {
	line string
	read bool
}

var errUnsupported = errors.New("unsupported")

func (base) Open(address string) (driver.Conn, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &conn{c, bufio.NewReader(c)}, nil
}

func (c *conn) Prepare(query string) (driver.Stmt, error) { return &statement{c, query}, nil }
func (c *conn) Begin() (driver.Tx, error)                 { return nil, errUnsupported }

func (s *statement) Close() error  { return nil }
func (s *statement) NumInput() int { return 0 }
func (s *statement) Exec([]driver.Value) (driver.Result, error) {
	return nil, errUnsupported
}

func (s *statement) Query([]driver.Value) (driver.Rows, error) {
	if _, err := fmt.Fprintln(s.c, s.query); err != nil {
		return nil, err
	}
	line, err := s.c.in.ReadString('\n')
	return &lines{line: line}, err
}

func (l *lines) Columns() []string { return []string{"line"} }
func (l *lines) Close() error      { return nil }
func (l *lines) Next(row []driver.Value) error {
	if l.read {
		return io.EOF
	}
	l.read = true
	row[0] = l.line
	return nil
}

type shop struct {
	db *sql.DB
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var line string
	if err := s.db.QueryRowContext(r.Context(), "orders").Scan(&line); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	scene.Compute(50 * time.Microsecond)
	fmt.Fprint(w, line)
}

// answer is the database's work for one connection.
func answer(c net.Conn, after time.Duration) {
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		time.Sleep(after)
		if _, err := fmt.Fprint(c, line); err != nil {
			return
		}
	}
}

func database(argument string) {
	after, err := time.ParseDuration(argument)
	if err != nil {
		scene.Fail(err)
	}
	listener := web.Listen()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				scene.Fail(err)
			}
			go answer(c, after)
		}
	}()
	scene.Hello(listener.Addr().String())
}

func main() {
	switch scene.Role() {
	case "database":
		database(scene.Argument())
	case "customers":
		web.Customers(scene.Argument(), 5*time.Millisecond)
	}
	connections := flag.Int("connections", 2, "to the database")
	after := flag.Duration("answer", 15*time.Millisecond, "how long the database takes")
	s := scene.Begin()
	sql.Register("base", base{})
	db, err := sql.Open("base", scene.Other("database", after.String()))
	if err != nil {
		scene.Fail(err)
	}
	db.SetMaxOpenConns(*connections)
	db.SetMaxIdleConns(*connections)
	listener := web.Listen()
	go func() { scene.Fail(http.Serve(listener, &shop{db})) }()
	scene.Other("customers", listener.Addr().String())
	s.Play()
}

// Package login tells who calls the HTTP side and what he may do: accounts of a
// users file, sessions of browsers, tokens of scripts, a trusted proxy's header,
// OpenID Connect, and one-use links of whoever sits at the server's machine.
//
// A [Gate] is asked for each request ([Gate.Caller], for web.Options.Login) and
// serves the addresses of logging in and out ([Gate.Handler]).
package login

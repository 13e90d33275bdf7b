package dicomini

var loginKeys = []Key{
	{Name: "HTTPLogin", Type: Names, Default: "none", Size: 64, When: Reread, Since: firstRelease, Text: "How web clients log in: none, users (HTTPUsers), proxy (HTTPUserHeader), oidc; several parted by commas. With none this machine is admin and other allowed addresses are viewers."},
	{Name: "HTTPUsers", Type: FileName, Default: "httpusers.lst", Size: 512, When: Reread, Since: firstRelease, File: true, Text: "Accounts: a line \"name role hash\" each, as dgate --http_user: writes them (argon2id; bcrypt is read too), or users.db of the original's pages. Not readable by everybody."},
	{Name: "HTTPTokens", Type: FileName, Default: "httptokens.lst", Size: 512, When: Reread, Since: firstRelease, File: true, Text: "Tokens of scripts, by their hashes."},
	{Name: "HTTPUserHeader", Default: "", Size: 128, When: Reread, Since: firstRelease, Text: "Header in which a proxy of HTTPProxies names the user, such as X-Forwarded-User."},
	{Name: "HTTPRoleHeader", Default: "", Size: 128, When: Reread, Since: firstRelease, Text: "Header in which that proxy names the role; without it a user is a viewer."},
	{Name: "HTTPOIDCIssuer", Default: "", Size: 512, When: Reread, Since: firstRelease, Text: "Address of the provider of OpenID Connect."},
	{Name: "HTTPOIDCClient", Default: "", Size: 256, When: Reread, Since: firstRelease, Text: "Name of this server at that provider. Its address to come back to is /login/oidc/callback."},
	{Name: "HTTPOIDCSecretFile", Type: FileName, Default: "", Size: 512, When: Reread, Since: firstRelease, Text: "File with the client's secret."},
	{Name: "HTTPOIDCRoles", Default: "", Size: 1024, When: Reread, Since: firstRelease, Text: "Roles by groups of the provider: group=viewer, other=admin; * is everybody. Who has none is refused."},
	{Name: "HTTPAnonymous", Type: Names, Default: "", Size: 128, When: AtUse, Since: firstRelease, Text: "What is open without login: metrics, health, dicomweb-read."},
	{Name: "HTTPPlain", Type: Switch, Default: "0", When: Reread, Since: firstRelease, Text: "Passwords may go over plain HTTP to other machines."},
}

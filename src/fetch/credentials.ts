/** The Authorization value of a user and a password (RFC 7617). */
export function basicCredentials(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** The Authorization value of the user and password in an address; undefined where it has none. */
export function urlCredentials(url: URL): string | undefined {
  if (url.username === "" && url.password === "") return undefined;
  return basicCredentials(unescaped(url.username), unescaped(url.password));
}

/** A password may hold a bare `%`, which is no escape. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

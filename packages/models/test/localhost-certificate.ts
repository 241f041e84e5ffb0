/** A certificate for loopback that nobody trusts, for servers in tests. Its key is public, on purpose. */
export const certificate: { readonly key: string; readonly cert: string } = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghBEFQiBZrbTi6yv4
mNxdZYdoMSxpYqHY2Xdn02BslA2hRANCAAQtxh/tz+E/Wk35K6mwHeIuHWcrMbzr
sD+VL5AKIktKEJAOvxJdXSnImyzGGU7q2XCt3QhPGKurtiz7ZuLY97gH
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUH+lVToEyNW2MCo+OBWgmaAOU0HUwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMDEwMjg0NFoYDzIxMjYxMDI3
MTAyODQ0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQtxh/tz+E/Wk35K6mwHeIuHWcrMbzrsD+VL5AKIktKEJAOvxJdXSnI
myzGGU7q2XCt3QhPGKurtiz7ZuLY97gHo28wbTAdBgNVHQ4EFgQUQguvRZkZa3HX
gAQyoHiEzNuDYOYwHwYDVR0jBBgwFoAUQguvRZkZa3HXgAQyoHiEzNuDYOYwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDSQAwRgIhAM+n20A3/GYXvZGHebmgsCoL5KS90yxvHcD7eKLw4PfwAiEA
5KH3GOyKJWIP0L5EpoHR6OB28c6Hvrpobf2EMUHcOLc=
-----END CERTIFICATE-----`,
};

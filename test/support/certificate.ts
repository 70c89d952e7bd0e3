import { createPrivateKey } from 'node:crypto';

const { x, y, d } = {
  x: 'PXHYIvHtJGBSsfFpSV7EJrFlJyvdeV6O4OeD7RQ314Q',
  y: 'QyXs4dXFAVixPYyvpAiz-iXmSWUHVMH_UzL9d9ARysA',
  d: 'Szwg352ND07xtXKCsSmA3aOeZqmWyhyI2scyD8rtLus',
};

/** A certificate of 127.0.0.1 that anybody could have, good for a hundred years, and the key to it. */
export const STRANGER = {
  key: createPrivateKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y, d } }).export({
    type: 'pkcs8',
    format: 'pem',
  }),
  cert: `-----BEGIN CERTIFICATE-----
MIIBjzCCATSgAwIBAgIUHAFpoRhhR+1I/FdREL3LE4sJu2EwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIc3RyYW5nZXIwIBcNMjYxMTIxMTExMDA3WhgPMjEyNjEwMjgx
MTEwMDdaMBMxETAPBgNVBAMMCHN0cmFuZ2VyMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEPXHYIvHtJGBSsfFpSV7EJrFlJyvdeV6O4OeD7RQ314RDJezh1cUBWLE9
jK+kCLP6JeZJZQdUwf9TMv130BHKwKNkMGIwHQYDVR0OBBYEFMohYkXOLtuM/Beq
l6VBz38FdIqxMB8GA1UdIwQYMBaAFMohYkXOLtuM/Beql6VBz38FdIqxMA8GA1Ud
EwEB/wQFMAMBAf8wDwYDVR0RBAgwBocEfwAAATAKBggqhkjOPQQDAgNJADBGAiEA
1/+7u+aMUOguXT6cSpOBVaL64xMYTiNmc03kk6nhk6YCIQC39j3DJtkroYMKUkDz
5ILqlfC7V6z01N52Smp0qnWvcw==
-----END CERTIFICATE-----`,
};

// An OpenID Connect provider (npm oidc-provider) on loopback, whose people sign in with any password; and one that lies.
import crypto from 'node:crypto';
import http from 'node:http';
import Provider from 'oidc-provider';

const key = (type, options, more) => ({ ...crypto.generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), use: 'sig', ...more });

// people: {login: {name, email, groups, …}}; it listens before it is known what its client's address is.
export async function provider({ people, redirect, alg = 'RS256', client = {} }) {
  const server = http.createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const quiet = console.warn;
  console.warn = () => {};
  const p = new Provider(issuer, {
    clients: [{ client_id: 'assay', client_secret: 'a secret+of:the/client', redirect_uris: [redirect], response_types: ['code'], grant_types: ['authorization_code'], id_token_signed_response_alg: alg, ...client }],
    jwks: { keys: [key('rsa', { modulusLength: 2048 }, { alg: 'RS256', kid: 'r' }), key('ec', { namedCurve: 'P-256' }, { alg: 'ES256', kid: 'e' }), key('ed25519', {}, { alg: 'EdDSA', kid: 'd' })] },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
    claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'], email: ['email', 'email_verified'] },
    pkce: { required: () => true },
    cookies: { keys: ['of the test'] },
    findAccount: (ctx, id) => people[id] && { accountId: id, claims: () => ({ sub: id, preferred_username: id, ...people[id] }) },
  });
  console.warn = quiet;
  const seen = [];
  server.on('request', (request, response) => {
    seen.push(request.url);
    p.callback()(request, response);
  });
  return { issuer, seen, close: () => server.closeAllConnections() ?? server.close() };
}

// Answers what `say` wants: {document, keys, token(nonce): the answer of the token endpoint}.
export async function liar(say) {
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://127.0.0.1');
    const send = (v) => response.setHeader('content-type', 'application/json') && response.end(typeof v === 'string' ? v : JSON.stringify(v));
    request.resume();
    request.on('end', () => {
      const issuer = `http://127.0.0.1:${server.address().port}`;
      if (pathname.endsWith('openid-configuration'))
        return send(say.document?.(issuer) ?? { issuer, authorization_endpoint: issuer + '/auth', token_endpoint: issuer + '/token', jwks_uri: issuer + '/keys' });
      if (pathname === '/keys') return send(say.keys);
      if (pathname === '/token') return send(say.token(issuer));
      response.statusCode = 404;
      return response.end();
    });
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  return { issuer: `http://127.0.0.1:${server.address().port}`, close: () => server.closeAllConnections() ?? server.close() };
}

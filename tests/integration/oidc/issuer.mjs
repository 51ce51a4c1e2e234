// A certified OpenID Connect provider as an administration's: people sign in on its own pages.
// Usage: node issuer.mjs PORT KEYS.json PACKAGES [literal]   (KEYS.json: its JSON Web Keys, the first one
// signs; literal: tokens are for services only where a request says `resource`)
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [port, keys, packages, literal] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(`${packages}/oidc-provider/lib/index.js`));
const issuer = `http://127.0.0.1:${port}`;

// Who works here. Machines sign in without a page: what their tokens say is what tests look at.
const people = {
  claire: { name: 'Claire D.', roles: ['campaigns', 'operations'] },
  zoe: { name: 'Zoé R.', roles: [] },
};
const machines = {
  campaigns: { roles: ['campaigns'] },
  nobody: {},
  strangers: { roles: ['superuser', 7, { campaigns: true }] },
  both: { roles: ['registry', 'analysis'] },
  nested: { realm_access: { roles: ['decision', 'offline_access'] } },
  groups: { 'https://panel.example/groups': ['panel-officers', 'cn=all'] },
  text: { roles: 'audit operations' },
};

const audiences = { 'urn:panel': 'panel', 'urn:elsewhere': 'elsewhere' };
const algorithm = JSON.parse(readFileSync(keys))[0].alg;

const provider = new Provider(issuer, {
  jwks: { keys: JSON.parse(readFileSync(keys)) },
  cookies: { keys: ['not a secret, as nobody but a test signs in here'] },
  clients: [
    {
      client_id: 'panel-console',
      token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: [],
      redirect_uris: [],
    },
    ...Object.keys(machines).map((name) => ({
      client_id: name,
      client_secret: name,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    })),
  ],
  issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
  clientDefaults: { id_token_signed_response_alg: algorithm },
  enabledJWA: {
    idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'],
  },
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => (literal ? undefined : 'urn:panel'),
      useGrantedResource: () => !literal,
      getResourceServerInfo: (_, resource) => ({
        scope: 'panel',
        audience: audiences[resource],
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: algorithm } },
      }),
    },
  },
  findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  extraTokenClaims: (_, token) => people[token.accountId] ?? machines[token.clientId],
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));

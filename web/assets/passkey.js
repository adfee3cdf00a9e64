// Forms that a passkey answers: asks the browser, puts its answer into the form, and sends it. Without scripts such forms stay hidden.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer ?? []))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
const list = (ids) => (ids ? ids.split(' ').map((id) => ({ type: 'public-key', id: bytes(id) })) : []);

const create = async (d) => {
  const c = await navigator.credentials.create({
    publicKey: {
      challenge: bytes(d.challenge),
      rp: { id: d.rp, name: 'Assay' },
      user: { id: bytes(d.user), name: d.login, displayName: d.name || d.login },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: list(d.ids),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
      attestation: 'none',
    },
  });
  return { id: text(c.rawId), client: text(c.response.clientDataJSON), att: text(c.response.attestationObject) };
};

const get = async (d) => {
  const c = await navigator.credentials.get({
    publicKey: { challenge: bytes(d.challenge), rpId: d.rp, allowCredentials: list(d.ids), userVerification: 'required' },
  });
  const r = c.response;
  return { id: text(c.rawId), user: text(r.userHandle), client: text(r.clientDataJSON), auth: text(r.authenticatorData), sig: text(r.signature) };
};

const wait = (form, why) => {
  let line = form.querySelector('[role="alert"]');
  if (!line) {
    line = document.createElement('p');
    line.setAttribute('role', 'alert');
    line.className = 'muted';
    form.append(line);
  }
  line.textContent = why;
};

export function attach(form) {
  if (!window.PublicKeyCredential) return;
  form.hidden = false;
  form.addEventListener('submit', async (e) => {
    const field = form.elements[form.dataset.field || 'passkey'];
    if (field.value) return;
    e.preventDefault();
    try {
      field.value = JSON.stringify(await (form.dataset.passkey === 'create' ? create : get)(form.dataset));
      form.submit();
    } catch {
      wait(form, 'The browser gave no passkey. Try again, or use another way.');
    }
  });
}

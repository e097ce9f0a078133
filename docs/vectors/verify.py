#!/usr/bin/env python3
"""A second verifier, after docs/archive.md; it shares no code with the first. python3 verify.py FILE [SEAL_FINGERPRINT] (exit code 5: holds, but no fingerprint was given to compare the seal with), or without arguments: run the vectors.

Needs the package `cryptography`. Python 3.11 or newer."""
import base64, hashlib, json, math, pathlib, re, struct, sys
from datetime import datetime, timedelta
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

STATES = 'pending claimed accepted delivered failed unknown suppressed cancelled expired'.split()
COLUMNS = 'seq leaf phone state reason attempt requestSeq code bizId claimedMs changedMs segments'.split()
REASONS = {
    'suppressed': 'opted-out dnc complaint dead-number gateway-blacklist number-moved listed-twice no-consent not-subscribed capped'.split(),
    'failed': 'number-refused data-refused held-for-review undelivered number-dead number-blacklisted content-refused'.split(),
}
SENT = ('accepted', 'delivered', 'failed', 'unknown')


def sha(*parts):
    return hashlib.sha256(b''.join(p.encode() if isinstance(p, str) else p for p in parts)).digest()


def unbase(text):
    """Strict base64url (section 1), or None."""
    if not isinstance(text, str) or not re.fullmatch(r'[A-Za-z0-9_-]*', text) or len(text) % 4 == 1:
        return None
    raw = base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
    return raw if base(raw) == text else None


def base(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b'=').decode()


def number(value):
    """ECMAScript's spelling of a double."""
    value = float(value)
    if not math.isfinite(value):
        raise ValueError('not finite')
    if value == 0:
        return '0'
    sign = '-' if value < 0 else ''
    mantissa, exponent = next(m_e for p in range(17) if float('e'.join(m_e := f'{abs(value):.{p}e}'.split('e'))) == abs(value))
    digits, n = mantissa.replace('.', ''), int(exponent) + 1
    k = len(digits)
    if k <= n <= 21:
        return sign + digits + '0' * (n - k)
    if 0 < n <= 21:
        return sign + digits[:n] + '.' + digits[n:]
    if -6 < n <= 0:
        return sign + '0.' + '0' * -n + digits
    return sign + digits[0] + ('.' + digits[1:] if k > 1 else '') + 'e' + ('+' if n > 0 else '-') + str(abs(n - 1))


def jcs(value):
    if value is None or isinstance(value, bool):
        return {None: 'null', True: 'true', False: 'false'}[value]
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, str):
        value.encode()  # a lone surrogate has no canonical form
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return '[' + ','.join(map(jcs, value)) + ']'
    keys = sorted(value, key=lambda key: key.encode('utf-16-be', 'surrogatepass'))
    return '{' + ','.join(jcs(key) + ':' + jcs(value[key]) for key in keys) + '}'


def digest(value):
    return sha(jcs(value)).hex()


# Shapes (section 3): a function says whether a value fits.
def text(v): return isinstance(v, str) and v != ''
def any_text(v): return isinstance(v, str)
def count(v): return isinstance(v, (int, float)) and not isinstance(v, bool) and v == int(v) and 0 <= v < 2**53
def positive(v): return count(v) and v >= 1
def hex64(v): return any_text(v) and re.fullmatch('[0-9a-f]{64}', v) is not None
def b64(v): return unbase(v) is not None
def one_of(*values): return lambda v: any(v is x or (isinstance(v, str) and v == x) for x in values)
def maybe(shape): return lambda v: v is None or shape(v)
def items(shape): return lambda v: isinstance(v, list) and all(map(shape, v))
def table(keys, values): return lambda v: isinstance(v, dict) and all(map(keys, v)) and all(map(values, v.values()))


def fields(shape, loose=False):
    return lambda v: isinstance(v, dict) and shape.keys() <= v.keys() and (loose or v.keys() <= shape.keys()) and all(s(v[k]) for k, s in shape.items())


def ms(v):
    """Milliseconds of an instant, or None."""
    m = any_text(v) and re.fullmatch(r'(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d(?:\.(\d{1,3}))?)?(Z|[+-]\d\d:\d\d)', v)
    if not m:
        return None
    try:
        zone = '+00:00' if m[4] == 'Z' else m[4]
        at = datetime.fromisoformat(m[1] + (m[2] or ':00')[:3] + zone)
        return round(at.timestamp()) * 1000 + int((m[3] or '0').ljust(3, '0'))
    except ValueError:
        return None


def instant(v): return ms(v) is not None
def utc(v): return instant(v) and re.fullmatch(r'.{19}\.\d{3}Z', v) is not None
def time(v): return any_text(v) and re.fullmatch(r'(([01]\d|2[0-3]):[0-5]\d|24:00)', v) is not None
def day(v): return any_text(v) and re.fullmatch(r'\d{4}-\d\d-\d\d', v) is not None and instant(v + 'T00:00Z')


def variables(v): return items(fields(dict(name=text, type=text, maxLength=count, label=any_text), True))(v)


def loose(**shape): return fields(shape, True)
def exact(**shape): return fields(shape)


def number_or_text(v): return isinstance(v, (str, int, float)) and not isinstance(v, bool)
KIND = one_of('marketing', 'notice')
FORM_2 = dict(
    number=text, name=text, unit=any_text, purpose=any_text, applicant=loose(id=text, name=text), kind=KIND,
    channel=one_of('sms'), topic=maybe(any_text), checks=items(loose(code=text, passed=one_of(True), detail=table(any_text, number_or_text))),
    text=loose(templateId=text, templateName=text, templateVersion=count, source=text, variables=variables, signName=text, gatewayTemplateCode=text),
    gateway=loose(account=text, accountId=text, provider=text, endpoint=text, protocol=one_of('http', 'https'), credentials=text, requests=one_of('single', 'batched')),
    audience=loose(id=text, name=text, size=count, batchSize=positive, merkleRoot=hex64),
    window=loose(startsAt=instant, endsAt=instant, dailyFrom=time, dailyTo=time, days=one_of('every-day', 'working-days'), timeZone=one_of('Asia/Shanghai')),
    ratePerSecond=lambda v: isinstance(v, (int, float)) and v > 0, calendarVersion=text, calendarDigest=hex64, signBy=instant,
    cost=loose(pricePerSegmentMilliYuan=count, segments=count, estimateFen=count, ceilingFen=count))
OLDER = loose(format=one_of('waihu.form/2'), **FORM_2)
NEWER = loose(
    format=one_of('sms-campaign/2'), leftOut=loose(candidates=count, people=count, reasons=table(text, count)),
    stop=loose(failurePercent=count, optOutsPerThousand=count, complaintsPerThousand=count, fromPeople=count), **FORM_2)


def FORM(v): return OLDER(v) or NEWER(v)


ED25519 = exact(kind=one_of('ed25519'), signature=b64)
PASSKEY = exact(kind=one_of('passkey'), credentialId=b64, authenticatorData=b64, clientDataJSON=b64, signature=b64)
def actor(v): return any_text(v) and re.fullmatch(r'system|staff:[!-~]+', v) is not None


OWN = exact(seq=positive, at=utc, actor=actor, action=text, objectKind=text, objectId=text, details=table(any_text, lambda v: True), previousHash=hex64,
            objectPreviousHash=hex64, hash=hex64)
CREDENTIAL = exact(
    id=text, staffId=text, kind=one_of('ed25519', 'passkey'), label=any_text, publicKey=b64, fingerprint=hex64, state=one_of('active', 'revoked'),
    webauthn=maybe(exact(credentialId=b64, rpId=text, origin=text)), requestedAt=utc, decidedAt=utc, decidedBy=text, revokedAt=maybe(utc))
PROOF = dict(
    format=text, madeAt=utc, digest=hex64, seal=exact(algorithm=one_of('ed25519'), publicKey=b64, signature=b64),
    people=items(exact(id=text, name=text, unit=any_text)),
    credentials=items(lambda v: CREDENTIAL(v) and (v['kind'] == 'passkey') == (v['webauthn'] is not None)),
    signatures=items(exact(role=one_of('liaison', 'leader'), staffId=text, credentialId=text, digest=hex64, signedAt=utc, evidence=lambda v: ED25519(v) or PASSKEY(v))),
    audit=exact(rows=items(OWN)))
ARCHIVE = exact(
    campaign=exact(id=text, key=positive, number=text, name=text, outcome=one_of('completed', 'cancelled', 'voided'), finishedAt=utc),
    form=exact(digest=hex64, body=FORM),
    template=exact(id=text, name=text, version=count, kind=KIND, source=text, variables=variables, signName=text, gatewayTemplateCode=text),
    calendar=exact(version=text, coveredFrom=day, coveredUntil=day, days=table(day, one_of('holiday', 'workday'))),
    audience=exact(id=text, size=count, batchSize=positive, merkleRoot=hex64, batches=items(hex64)),
    ledger=exact(columns=items(any_text), counts=fields({s: count for s in STATES}), rows=lambda v: isinstance(v, list)),
    receipts=exact(received=count, delivered=count, failed=count, repeats=count, codes=table(any_text, count)), **PROOF)
FORM_ARCHIVE = exact(
    subject=exact(kind=lambda v: any_text(v) and re.fullmatch('[a-z][a-z-]*', v) is not None, id=text, number=text, name=text),
    form=exact(digest=hex64, body=loose(format=text, number=text, name=text, unit=any_text, applicant=loose(id=text, name=text), signBy=instant)), **PROOF)
SHAPES = {'waihu.archive/3': ARCHIVE, 'waihu.form-archive/1': FORM_ARCHIVE}


def ed_holds(key, message, signature):
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, message.encode())
        return True
    except (InvalidSignature, ValueError, TypeError):
        return False


def evidence_holds(credential, role, form_digest, evidence):
    if credential['kind'] != evidence['kind']:
        return False
    key, signature = unbase(credential['publicKey']), unbase(evidence['signature'])
    if evidence['kind'] == 'ed25519':
        return ed_holds(key, f'waihu:sign:v1:{role}:{form_digest}', signature)
    place, data, client_bytes = credential['webauthn'], unbase(evidence['authenticatorData']), unbase(evidence['clientDataJSON'])
    try:
        client = json.loads(client_bytes.decode())
        right = (client['type'], client['challenge'], client['origin']) == ('webauthn.get', base(bytes.fromhex(form_digest)), place['origin'])
        if place['credentialId'] != evidence['credentialId'] or not right or client.get('topOrigin'):
            return False
        if len(data) != 37 or data[:32] != sha(place['rpId']) or data[32] & 0xC5 != 5:
            return False
        # ES256 in the order CTAP2 prescribes; other algorithms would need a CBOR reader.
        head, x, mid, y = struct.unpack('10s32s3s32s', key)
        if head.hex() != 'a5010203262001215820' or mid.hex() != '225820':
            return False
        point = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()).public_key()
        point.verify(signature, data + sha(client_bytes), ec.ECDSA(hashes.SHA256()))
        return True
    except (InvalidSignature, ValueError, TypeError, KeyError, AttributeError, struct.error):
        return False


def merkle(hashed):
    if len(hashed) < 2:
        return hashed[0] if hashed else sha()
    half = 1 << (len(hashed) - 1).bit_length() - 1
    return sha(b'\1', merkle(hashed[:half]), merkle(hashed[half:]))


def merkle_root(digests):
    return merkle([sha(b'\0', bytes.fromhex(d)) for d in digests]).hex()


def audit_hashes(row, previous):
    said = ('action', 'actor', 'at', 'details', 'objectId', 'objectKind', 'objectPreviousHash', 'seq')
    row_digest = digest({k: row[k] for k in said if k in row})
    return row_digest, sha(f"waihu:audit:v1:{row['seq']}:{previous}:{row_digest}").hex()


def verify(raw, pin=None):
    """The codes of the checks that fail."""
    bad = set()

    def check(code, holds):
        if not holds:
            bad.add(code)
    try:
        a = json.loads(raw.decode())
        if not isinstance(a, dict):
            return {'archive.json'}
    except ValueError:
        return {'archive.json'}
    try:
        check('archive.canonical', (jcs(a) + '\n').encode() == raw)
    except (ValueError, RecursionError, OverflowError):
        return {'archive.canonical'}
    check('archive.digest', a.get('digest') == digest({k: v for k, v in a.items() if k not in ('digest', 'seal')}))
    seal = a.get('seal') if isinstance(a.get('seal'), dict) else {}
    key, signature = unbase(seal.get('publicKey')), unbase(seal.get('signature'))
    check('archive.seal', seal.get('algorithm') == 'ed25519' and key and signature and ed_holds(key, f"waihu:archive:v1:{a.get('digest')}", signature))
    check('archive.seal-key', pin is None or (key is not None and sha(key).hex() == pin.lower()))
    shape = SHAPES.get(a.get('format')) if isinstance(a.get('format'), str) else None
    if shape is None:
        return bad | {'archive.format'}
    if not shape(a):
        return bad | {'archive.shape'}
    form, signatures = a['form']['body'], a['signatures']
    if shape is FORM_ARCHIVE:
        check_form_alone(a, form, check)
        return bad
    check_form(a, form, check)
    check_signatures(a, form, signatures, check)
    sent = check_ledger(a, form, check)
    check_audit(a, form, sent, check)
    check_account(a, sent, check)
    return bad


def check_form(a, form, check):
    t, own = form['text'], a['campaign']
    template = dict(id=t['templateId'], name=t['templateName'], version=t['templateVersion'], kind=form['kind'])
    template.update({k: t[k] for k in ('source', 'variables', 'signName', 'gatewayTemplateCode')})
    check('form.digest', digest(form) == a['form']['digest'])
    check('form.matches', (own['number'], own['name']) == (form['number'], form['name']) and jcs(template) == jcs(a['template']))
    check('form.matches', all(a['audience'][k] == form['audience'][k] for k in ('id', 'size', 'batchSize', 'merkleRoot')))
    check('calendar.version', a['calendar']['version'] == form['calendarVersion'] and digest(a['calendar']) == form['calendarDigest'])


def check_signatures(a, form, signatures, check):
    check('signature.roles', [s['role'] for s in signatures] == ['liaison', 'leader'] and ms(signatures[0]['signedAt']) < ms(signatures[1]['signedAt']))
    people, three = [p['id'] for p in a['people']], {form['applicant']['id'], *(s['staffId'] for s in signatures)}
    named = three | {c['decidedBy'] for c in a['credentials']}
    applicant = form['applicant']
    check('signature.people', all(p['name'] == applicant['name'] for p in a['people'] if p['id'] == applicant['id']))
    check('signature.people', len(three) == 3 and named <= set(people) and len(people) == len(set(people)))
    prints = [c['fingerprint'] for c in a['credentials']]
    check('credential.fingerprint', len(set(prints)) == len(prints) and all(sha(unbase(c['publicKey'])).hex() == c['fingerprint'] for c in a['credentials']))
    for s in signatures:
        found = [c for c in a['credentials'] if c['id'] == s['credentialId']]
        check('signature.digest', s['digest'] == a['form']['digest'])
        check('signature.expired', ms(s['signedAt']) <= ms(form['signBy']))
        check('signature.credential', len(found) == 1 and found[0]['staffId'] == s['staffId'])
        check('signature.evidence', found and evidence_holds(found[0], s['role'], a['form']['digest'], s['evidence']))
        for c in found[:1]:
            revoked = c['revokedAt'] and ms(c['revokedAt'])
            standing = revoked is None if c['state'] == 'active' else revoked is not None and revoked > ms(s['signedAt'])
            check('credential.active', c['decidedBy'] != c['staffId'] and ms(c['requestedAt']) <= ms(c['decidedAt']) <= ms(s['signedAt']) and standing)


def readable(row):
    shapes = [count, any_text, any_text, one_of(*STATES), maybe(text), count, maybe(count), maybe(text), maybe(text), maybe(count), maybe(count), maybe(count)]
    return isinstance(row, list) and len(row) == 12 and all(s(v) for s, v in zip(shapes, row)) and (row[9] or 0) < ms('9999-12-31T00:00Z')


def standstills(a):
    spans = []
    for row in a['audit']['rows']:
        is_open = bool(spans) and spans[-1][1] == math.inf
        if row.get('action') == 'campaign.resume' and is_open:
            spans[-1][1] = ms(row['at'])
        elif row.get('action') in ('campaign.pause', 'campaign.cancel', 'campaign.void') and not is_open:
            spans.append([ms(row['at']), math.inf])
    return spans


def check_ledger(a, form, check):
    rows, window, calendar, still = a['ledger']['rows'], form['window'], a['calendar'], standstills(a)
    signed = next((ms(s['signedAt']) for s in a['signatures'] if s['role'] == 'leader'), math.inf)
    check('ledger.rows', a['ledger']['columns'] == COLUMNS and len(rows) == a['audience']['size'])
    leaves, counts, paid, calls, any_sent, claims, changes = [], dict.fromkeys(STATES, 0), [], [], False, [], []
    for index, row in enumerate(rows):
        leaf = unbase(row[1]) if readable(row) else None
        check('ledger.rows', leaf is not None and len(leaf) == 32 and row[0] == index + 1)
        leaves.append(leaf or b'')
        if not readable(row):
            continue
        seq, _, phone, state, reason, attempt, request_seq, _, biz, claimed, changed, parts = row
        counts[state] += 1
        any_sent = any_sent or attempt > 0
        claims += [] if claimed is None else [claimed]
        changes += [] if changed is None else [changed]
        check('ledger.masked', re.fullmatch(r'[0-9]{3}\*{4}[0-9]{4}|\*{4}[0-9]{0,2}', phone))
        check('ledger.reasons', reason in REASONS.get(state, [None]))
        billed = state in SENT and (state != 'failed' or biz is not None)
        check('ledger.states', state not in ('pending', 'claimed') and (not billed or (parts or 0) >= 1))
        check('ledger.states', state not in SENT or (attempt > 0 and request_seq is not None and claimed is not None))
        check('ledger.states', attempt > 0 or (request_seq, claimed, biz) == (None, None, None))
        check('ledger.states', biz is None or state in SENT)
        check('ledger.states', claimed is None or (changed is not None and changed >= claimed))
        if claimed is not None:
            calls.append(claimed)
            if billed:
                paid.append((claimed, claimed if changed is None else changed, parts or 0))
        if request_seq is not None:
            check('ledger.out-ids', request_seq >= 1 and (request_seq == seq if form['gateway']['requests'] == 'single' else request_seq <= seq))
        if claimed is not None:
            local = datetime(1970, 1, 1) + timedelta(milliseconds=claimed, hours=8)
            today, clock = local.date().isoformat(), local.strftime('%H:%M')
            known = calendar['coveredFrom'] <= today <= calendar['coveredUntil']
            kind = calendar['days'].get(today) or ('workday' if local.weekday() < 5 else 'holiday')
            check('ledger.signed', claimed >= signed)
            check('ledger.window', ms(window['startsAt']) <= claimed < ms(window['endsAt']))
            check('ledger.hours', window['dailyFrom'] <= clock < window['dailyTo'] and (window['days'] == 'every-day' or (known and kind == 'workday')))
            check('ledger.stopped', not any(start + 1000 < claimed < end for start, end in still))
    size, batches = form['audience']['batchSize'], []
    for start in range(0, len(leaves), size):
        part = leaves[start:start + size]
        batches.append(sha(f'waihu:batch:v1:{len(batches) + 1}:{len(part)}\n', *part).hex())
    check('audience.batches', batches == a['audience']['batches'])
    check('audience.root', merkle_root(a['audience']['batches']) == form['audience']['merkleRoot'])
    check('ledger.counts', counts == a['ledger']['counts'] and sum(a['ledger']['counts'].values()) == a['audience']['size'])
    check_cost(form['cost'], paid, calls, check)
    receipts = a['receipts']
    check('receipts.sums', receipts['delivered'] + receipts['failed'] == receipts['received'] == sum(receipts['codes'].values()))
    return any_sent, claims, changes


def check_cost(cost, paid, calls, check):
    price, limit = cost['pricePerSegmentMilliYuan'], cost['ceilingFen'] * 10
    check('cost.ceiling', cost['estimateFen'] <= cost['ceilingFen'])
    # Until its receipt a message is known to cost one segment, from then on what the receipt says.
    steps = sorted([(claimed, 1) for claimed, _, _ in paid] + [(changed, parts - 1) for _, changed, parts in paid])
    known, at = 0, 0
    for call in sorted(calls):
        while at < len(steps) and steps[at][0] <= call - 1000:
            known, at = known + steps[at][1], at + 1
        check('cost.ceiling', known * price <= limit)


def check_chain(a, about, check):
    own, before = a['audit']['rows'], {'seq': 0, 'hash': '0' * 64}
    for row in own:
        check('audit.chain', row['seq'] > before['seq'] and row['objectPreviousHash'] == before['hash'])
        check('audit.chain', row['hash'] == audit_hashes(row, row['previousHash'])[1])
        before = row
    check('audit.events', own)
    check('audit.events', all((r['objectKind'], r['objectId']) == about for r in own))


def signing_steps(a, action):
    people, keys = ({p['id']: p for p in reversed(a[m])} for m in ('people', 'credentials'))
    for s in a['signatures']:
        signer, key = people.get(s['staffId'], {}), keys.get(s['credentialId'], {})
        said = {'digest': a['form']['digest'], 'role': s['role'], 'credentialId': s['credentialId'], 'fingerprint': key.get('fingerprint')}
        said.update(name=signer.get('name'), unit=signer.get('unit'))
        yield action, said, {'actor': 'staff:' + s['staffId'], 'at': s['signedAt']}


def check_steps(a, steps, check):
    after = 0
    for action, details, members in steps:
        fitting = (r for r in a['audit']['rows'] if r['seq'] > after and r['action'] == action
                   and all(k in r['details'] and r['details'][k] == v for k, v in details.items()) and all(r[k] == v for k, v in members.items()))
        found = next(fitting, None)
        check('audit.events', found)
        after = found['seq'] if found else after


def check_times(a, more, check):
    latest, slack = 0, 60_000
    for row in a['audit']['rows']:
        check('audit.times', ms(row['at']) >= latest - slack)
        latest = max(latest, ms(row['at']))
    told = [s['signedAt'] for s in a['signatures']] + [c[k] for c in a['credentials'] for k in ('requestedAt', 'decidedAt', 'revokedAt') if c[k]]
    check('audit.times', max([latest, *more, *map(ms, told)]) <= ms(a['madeAt']) + slack)


def check_form_alone(a, form, check):
    """The archive of a form that is complete once it is signed (section 10)."""
    subject, applicant = a['subject'], 'staff:' + form['applicant']['id']
    check('form.digest', digest(form) == a['form']['digest'])
    check('form.matches', (subject['number'], subject['name']) == (form['number'], form['name']))
    check_signatures(a, form, a['signatures'], check)
    check_chain(a, (subject['kind'], subject['id']), check)
    made = (subject['kind'] + '.form', {'digest': a['form']['digest']}, {'actor': applicant})
    check_steps(a, [made, *signing_steps(a, subject['kind'] + '.sign')], check)
    undone = {f"{subject['kind']}.{act}" for act in ('reject', 'withdraw', 'expire', 'void')}
    check('audit.events', not any(r['action'] in undone for r in a['audit']['rows']))
    check_times(a, [], check)


def check_audit(a, form, sent, check):
    check_chain(a, ('campaign', a['campaign']['id']), check)
    own, this, audience = a['audit']['rows'], {'digest': a['form']['digest']}, form['audience']
    steps = [('campaign.create', {}, {}), ('campaign.submit', {}, {'actor': 'staff:' + form['applicant']['id']})]
    steps += [('campaign.freeze', {**this, 'merkleRoot': audience['merkleRoot'], 'size': audience['size']}, {})]
    steps += signing_steps(a, 'campaign.sign')
    steps += [('campaign.start', {'size': audience['size']}, {})] * sent[0] + [('campaign.finish', {}, {})]
    check_steps(a, steps, check)
    ended = {'cancelled': any(r['action'] == 'campaign.cancel' for r in own), 'voided': any(r['action'] == 'campaign.void' for r in own)}
    check('audit.events', ended.get(a['campaign']['outcome'], not any(ended.values())))


def check_account(a, sent, check):
    own, (_, claims, changes), slack = a['audit']['rows'], sent, 60_000
    accounts = [r['details'] for r in own if r['action'] in ('campaign.finish', 'campaign.recount')][-1:] or [{}]
    for name, stated in (('counts', a['ledger']['counts']), ('receipts', a['receipts'])):
        check('audit.counts', name in accounts[0] and jcs(accounts[0][name]) == jcs(stated))
    check_times(a, [*claims, *changes], check)
    finish = [r['at'] for r in own if r['action'] == 'campaign.finish'][-1:]
    start = [r['at'] for r in own if r['action'] == 'campaign.start'][:1]
    check('audit.times', finish == [a['campaign']['finishedAt']])
    check('audit.times', not finish or not claims or max(claims) <= ms(finish[0]) + slack)
    check('audit.times', not start or not claims or min(claims) >= ms(start[0]) - slack)


def broken_faults(folder, name):
    """What the broken cases of one format's vectors do not say of themselves, and how many there are."""
    valid, broken = (folder / f'{name}-valid.json').read_bytes(), json.loads((folder / f'{name}-broken.json').read_bytes())
    faults = [(name, 'valid', verify(valid))] if verify(valid) else []
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(broken['sealingKeySeed']))
    for case in broken['cases']:
        a = json.loads(valid)
        for edit in case['edits']:
            parent = a
            for step in edit['path'][:-1]:
                parent = parent[step]
            if 'value' in edit:
                parent[edit['path'][-1]] = edit['value']
            else:
                del parent[edit['path'][-1]]
        if case['reseal']:
            a['digest'] = digest({k: v for k, v in a.items() if k not in ('digest', 'seal')})
            signature = key.sign(f"waihu:archive:v1:{a['digest']}".encode())
            a['seal'] = {'algorithm': 'ed25519', 'publicKey': base(key.public_key().public_bytes_raw()), 'signature': base(signature)}
        found = verify((jcs(a) + '\n').encode())
        if found != set(case['codes']):
            faults.append((name, case['name'], found, case['codes']))
    faults += [(name, 'byte', i) for i in range(0, len(valid), 7) if not verify(valid[:i] + bytes([valid[i] ^ 1]) + valid[i + 1:])]
    return faults, len(broken['cases'])


def run_vectors():
    folder = pathlib.Path(__file__).parent
    (faults, cases), (more, forms) = broken_faults(folder, 'archive'), broken_faults(folder, 'form-archive')
    faults, p = faults + more, json.loads((folder / 'archive-parts.json').read_bytes())
    c, entry, s = p['canonicalJson'], p['audit'], p['signing']
    steps = [jcs(c['value']) == c['canonical'], digest(c['value']) == c['digest'], ed_holds(unbase(s['publicKey']), s['message'], unbase(s['signature']))]
    steps += [base(sha(unbase(m['salt']), jcs([m['seq'], m['phone'], m['variables']]))) == m['leaf'] for m in p['members']]
    steps += [merkle_root(m['batchDigests']) == m['root'] for m in p['merkle']]
    steps += [audit_hashes({**entry['entry'], 'seq': entry['seq']}, entry['previousHash']) == (entry['rowDigest'], entry['hash'])]
    faults += [('parts', index) for index, holds in enumerate(steps) if not holds]
    print(f"{cases} broken cases of campaigns, {forms} of forms alone, {len(steps)} single steps:", faults or 'all as the vectors say')
    return not faults


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(not run_vectors())
    failing = sorted(verify(pathlib.Path(sys.argv[1]).read_bytes(), *sys.argv[2:3]))
    anchored = len(sys.argv) > 2
    print('\n'.join(failing) or ('holds' if anchored else 'holds in itself, sealed by an unknown key'))
    sys.exit(1 if failing else 0 if anchored else 5)

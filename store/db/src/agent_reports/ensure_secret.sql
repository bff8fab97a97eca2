-- The stored key, or this one stored now: servers that start together agree. $1 feature, $2 secret, $3 now
INSERT INTO crypto_keys (feature, sequence, secret, starts_at)
VALUES ($1, 1, $2, $3)
ON CONFLICT (feature, sequence) DO UPDATE SET secret = crypto_keys.secret
RETURNING secret

policy_samples = \
	policies/10-fair-share.json \
	policies/20-tenant-classes.json \
	policies/30-ci-burst.json \
	policies/40-memory-headroom.json \
	policies/50-database.json \
	policies/50-gpu-workstation.json \
	policies/50-telecom-isolated.json
examplesdir = $(docdir)/examples
dist_examples_DATA = $(policy_samples) policies/vmpin-alerts.yml
schemadir = $(datadir)/vmpin
dist_schema_DATA = policies/vmpin-policy.schema.json

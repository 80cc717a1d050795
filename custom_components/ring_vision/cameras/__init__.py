"""The cameras as Home Assistant knows them: devices, presence, why nothing comes."""

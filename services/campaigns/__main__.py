"""`python -m services.campaigns setup|serve|openapi`."""

from services.campaigns.app import build
from services.campaigns.settings import CampaignsSettings
from services.runtime.command import main

if __name__ == "__main__":
    main("campaigns", CampaignsSettings, build)

"""Conversion of campaigns to the staff API's models."""

from services.campaigns.launches.rules import Campaign
from services.contracts.http.campaigns import CampaignPhase, CampaignView, Quotas


def campaign_view(campaign: Campaign) -> CampaignView:
    return CampaignView(
        id=campaign.id,
        project_id=campaign.project_id,
        title=campaign.title,
        state=CampaignPhase(campaign.state),
        wanted=campaign.wanted,
        audience=campaign.audience,
        quotas=Quotas(**campaign.quotas) if campaign.quotas else None,
        first_day=campaign.first_day,
        window_days=campaign.window_days,
        draw_commitment=campaign.commitment,
        launched_at=campaign.launched_at,
    )

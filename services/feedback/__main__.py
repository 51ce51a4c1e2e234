from services.feedback.app import build
from services.feedback.settings import FeedbackSettings
from services.runtime.command import main

main("feedback", FeedbackSettings, build)

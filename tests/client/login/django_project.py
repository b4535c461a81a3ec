"""The shop for Django: plain views and async ones."""

from django.http import JsonResponse
from django.urls import include, path

from gatelodge.client.login.django import access_token, begin_login, current_user, require_user


@require_user
def home(request):
    user = current_user(request)
    assert user is not None
    return JsonResponse({"sub": user.sub, "name": user.name})


@require_user
async def home_awaited(request):
    return JsonResponse({"sub": request.person.sub, "name": request.person.name})


def who(request):
    return JsonResponse({"sub": request.person.sub if request.person else None})


async def who_awaited(request):
    return JsonResponse({"sub": request.person.sub if request.person else None})


def token(request):
    return JsonResponse({"token": access_token(request)})


def stronger(request):
    tenant = {"tenant": "wonderland"}
    return begin_login(request, "/orders", prompt="consent", acr_values="urn:strong", max_age=0, extra=tenant)


urlpatterns = [
    path("", include("gatelodge.client.login.django")),
    path("home", home),
    path("who", who),
    path("token", token),
    path("awaited/home", home_awaited),
    path("awaited/who", who_awaited),
    path("awaited/token", token),
    path("stronger", stronger),
    path("awaited/stronger", stronger),
]

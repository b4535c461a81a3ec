"""The same API for Django, three times: plain views, async views, and views of Django REST framework."""

from django.http import JsonResponse
from django.urls import include, path
from rest_framework.response import Response
from rest_framework.views import APIView
from tests.resource.applications import READ, STRONG, brought, told

from gatelodge.resource.django import require
from gatelodge.resource.django import urlpatterns as metadata
from gatelodge.resource.drf import BearerAuthentication, requires


@require(READ)
def orders(request):
    return JsonResponse(told(request.principal) | brought(request.body, request.POST))


@require("orders:write", **STRONG)
def pay(request):
    return JsonResponse(told(request.principal))


@require(READ)
async def orders_awaited(request):
    return JsonResponse(told(request.principal) | brought(request.body, request.POST))


@require("orders:write", **STRONG)
async def pay_awaited(request):
    return JsonResponse(told(request.principal))


class Orders(APIView):
    authentication_classes = (BearerAuthentication,)
    permission_classes = (requires(READ),)

    def get(self, request):
        return Response(told(request.user.principal) | brought(request.body, request.data))

    post = get


class Pay(APIView):
    authentication_classes = (BearerAuthentication,)
    permission_classes = (requires("orders:write", **STRONG),)

    def get(self, request):
        return Response(told(request.auth))


urlpatterns = [
    path("plain/orders", orders),
    path("plain/pay", pay),
    path("awaited/orders", orders_awaited),
    path("awaited/pay", pay_awaited),
    path("rest/orders", Orders.as_view()),
    path("rest/pay", Pay.as_view()),
    path("", include(metadata)),
]
